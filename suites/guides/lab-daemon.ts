import { fixtureImageTag, type HostFacts, mustRun, quoteWord, type Target } from '../../harness/checks/index.ts';

/** A daemon of a user of its own, started by hand and in the foreground of its login. */
export type LabDaemon = {
  readonly user: string;
  readonly uid: number;
  /** shell: the client, as root, on that daemon's socket */
  readonly docker: string;
  /** the end of its log where it did not come up, else null */
  readonly complaint: string | null;
  /** ends the daemon and everything of its user, and the user */
  remove(): Promise<void>;
};

const user = 'rdclab';
const waitSeconds = 60;

/**
 * Makes an ordinary user without any privilege and starts dockerd-rootless.sh as that user as the lab does: reached
 * by su, without systemd's help, the runtime directory below /tmp, the storage driver vfs.
 */
export async function startLabDaemon(target: Target): Promise<LabDaemon> {
  // one that a killed run left
  await mustRun(target.root, `! id ${user} >/dev/null 2>&1 || { u=$(id -u ${user}); ${removal('/tmp/docker-$u')}\n}`);
  const uid = Number((await mustRun(target.root, `useradd -m -s /bin/sh ${user}; id -u ${user}`)).trim());
  const runtimeDir = `/tmp/docker-${uid}`;
  const remove = async () => void (await mustRun(target.root, removal(runtimeDir)));
  try {
    await giveEngine(target);
    const { code, stderr } = await target.root.shell(start(target.facts.host, runtimeDir), {
      timeoutMs: (waitSeconds * 2 + 30) * 1000,
    });
    return {
      user,
      uid,
      docker: client(target.facts.host, runtimeDir),
      complaint: code === 0 ? null : stderr.trim(),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

// root has not the PATH of the user whose engine it is
const client = ({ paths }: HostFacts, runtimeDir: string) =>
  `${quoteWord(paths.docker ?? 'docker')} -H unix://${runtimeDir}/docker.sock`;

const folderOf = (path: string | null) => (path ?? '').replace(/\/[^/]*$/, '');

/** Where the install script put it into the home of one user, that of another gets it in the same way: into ~/bin. */
async function giveEngine(target: Target): Promise<void> {
  const { paths, user: owner } = target.facts.host;
  const folder = folderOf(paths.dockerd ?? null);
  if (!folder.startsWith(`${owner.home}/`)) return;
  await mustRun(
    target.root,
    `home=$(getent passwd ${user} | cut -d: -f6); mkdir "$home/bin" && cp ${quoteWord(folder)}/* "$home/bin/" && chown -R ${user}: "$home/bin"`,
  );
}

/** Hands the fixture image over from the daemon of the user under test. */
export async function giveFixtureImage(target: Target, lab: LabDaemon): Promise<void> {
  const { paths, socket } = target.facts.host;
  const own = `${quoteWord(paths.docker ?? 'docker')} -H unix://${socket}`;
  await mustRun(target.root, `${own} save ${fixtureImageTag} | ${lab.docker} load`);
}

function start(host: HostFacts, runtimeDir: string): string {
  // Debian keeps the script off PATH. Not in the lab: on a host that runs systemd with cgroup v2 the daemon counts on
  // the user's bus, which su does not give, and starts no container; this driver is "none" without root.
  const daemon = 'dockerd-rootless.sh --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs';
  const login = `mkdir -m 700 ${runtimeDir} && export XDG_RUNTIME_DIR=${runtimeDir} PATH="$HOME/bin:$PATH":${quoteWord(host.searchPath)}:/usr/share/docker.io/contrib && exec ${daemon}`;
  return `
setsid su - ${user} -c ${quoteWord(login)} > /tmp/${user}.log 2>&1 < /dev/null &
i=0; while [ ! -S ${runtimeDir}/docker.sock ] && [ $i -lt ${waitSeconds * 2} ]; do sleep 0.5; i=$((i+1)); done
[ -S ${runtimeDir}/docker.sock ] && timeout ${waitSeconds} ${client(host, runtimeDir)} version >/dev/null ||
{ tail -n 20 /tmp/${user}.log >&2; exit 1; }`;
}

function removal(runtimeDir: string): string {
  return `
pkill -9 -u ${user} || true
i=0; while pgrep -u ${user} >/dev/null && [ $i -lt 50 ]; do sleep 0.2; i=$((i+1)); done
rm -rf ${runtimeDir} /tmp/${user}.log
userdel -f -r ${user} 2>/dev/null || ! id ${user} 2>/dev/null`;
}
