import { fixtureImageTag, type HostFacts, mustRun, quoteWord, type Target } from '../../harness/checks/index.ts';

const user = 'rdclab';
const waitSeconds = 60;

/** Makes an unprivileged user and starts dockerd-rootless.sh as the lab does: su, no systemd, state below /tmp, storage driver vfs. */
export async function startLabDaemon(target: Target) {
  // a killed run may have left the user
  await mustRun(target.root, `! id ${user} >/dev/null 2>&1 || { u=$(id -u ${user}); ${removal('/tmp/docker-$u')}\n}`);
  const uid = Number((await mustRun(target.root, `useradd -m -s /bin/sh ${user}; id -u ${user}`)).trim());
  const runtimeDir = `/tmp/docker-${uid}`;
  const remove = () => mustRun(target.root, removal(runtimeDir));
  try {
    const { code, stderr } = await target.root.shell(start(target.facts.host, runtimeDir), {
      timeoutMs: (waitSeconds * 2 + 30) * 1000,
    });
    return { user, uid, docker: client(runtimeDir), complaint: code === 0 ? null : stderr.trim(), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const client = (runtimeDir: string) => `docker -H unix://${runtimeDir}/docker.sock`;

/** Loads the fixture image into it, from the daemon of the user under test. */
export async function giveFixtureImage(target: Target, lab: { readonly docker: string }): Promise<void> {
  const own = `docker -H unix://${target.facts.host.socket}`;
  await mustRun(target.root, `${own} save ${fixtureImageTag} | ${lab.docker} load`);
}

function start({ searchPath }: HostFacts, runtimeDir: string): string {
  // Debian keeps the script off PATH; cgroupfs, because su gives no user bus to reach systemd by
  const daemon = 'dockerd-rootless.sh --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs';
  const login = `mkdir -m 700 ${runtimeDir} && export XDG_RUNTIME_DIR=${runtimeDir} PATH="$PATH":${quoteWord(searchPath)}:/usr/share/docker.io/contrib && exec ${daemon}`;
  return `
setsid su - ${user} -c ${quoteWord(login)} > /tmp/${user}.log 2>&1 < /dev/null &
i=0; while [ ! -S ${runtimeDir}/docker.sock ] && [ $i -lt ${waitSeconds * 2} ]; do sleep 0.5; i=$((i+1)); done
[ -S ${runtimeDir}/docker.sock ] && timeout ${waitSeconds} ${client(runtimeDir)} version >/dev/null ||
{ tail -n 20 /tmp/${user}.log >&2; exit 1; }`;
}

function removal(runtimeDir: string): string {
  return `
pkill -9 -u ${user} || true
i=0; while pgrep -u ${user} >/dev/null && [ $i -lt 50 ]; do sleep 0.2; i=$((i+1)); done
rm -rf ${runtimeDir} /tmp/${user}.log
userdel -f -r ${user} 2>/dev/null || ! id ${user} 2>/dev/null`;
}
