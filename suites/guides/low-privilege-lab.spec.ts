import { randomUUID } from 'node:crypto';
import {
  breaks,
  checksIn,
  chmod,
  docker,
  expect,
  fixtureImageTag,
  type HostFacts,
  mustRun,
  quoteWord,
  sharedContainer,
  type Target,
} from '../../harness/checks/index.ts';

// A lab for a user without privileges, followed as written: no sudo, no systemd, no session.

const check = checksIn(import.meta);

const user = 'rdclab';
const waitSeconds = 60;

/** An unprivileged user runs dockerd-rootless.sh by su, without systemd, with its state below /tmp and vfs. */
async function startLabDaemon(target: Target) {
  await mustRun(target.root, `! id ${user} >/dev/null 2>&1 || { u=$(id -u ${user}); ${removal('/tmp/docker-$u')}\n}`);
  const uid = Number((await mustRun(target.root, `useradd -m -s /bin/sh ${user}; id -u ${user}`)).trim());
  const runtimeDir = `/tmp/docker-${uid}`;
  const remove = () => mustRun(target.root, removal(runtimeDir));
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

/** Where the install script put it into the home of one user, that of another gets it in the same way: into ~/bin. */
async function giveEngine(target: Target): Promise<void> {
  const { paths, user: owner } = target.facts.host;
  const folder = (paths.dockerd ?? '').replace(/\/[^/]*$/, '');
  if (!folder.startsWith(`${owner.home}/`)) return;
  await mustRun(
    target.root,
    `home=$(getent passwd ${user} | cut -d: -f6); mkdir "$home/bin" && cp ${quoteWord(folder)}/* "$home/bin/" && chown -R ${user}: "$home/bin"`,
  );
}

async function giveFixtureImage(target: Target, lab: { readonly docker: string }): Promise<void> {
  const { paths, socket } = target.facts.host;
  const own = `${quoteWord(paths.docker ?? 'docker')} -H unix://${socket}`;
  await mustRun(target.root, `${own} save ${fixtureImageTag} | ${lab.docker} load`);
}

function start(host: HostFacts, runtimeDir: string): string {
  // Debian keeps the script off PATH; cgroupfs, because su gives no user bus to reach systemd by
  const daemon = 'dockerd-rootless.sh --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs';
  const login = `mkdir -m 700 ${runtimeDir} && export XDG_RUNTIME_DIR=${runtimeDir} PATH="$HOME/bin:$PATH":${quoteWord(host.searchPath)}:/usr/share/docker.io/contrib && exec ${daemon}`;
  return `
setsid su - ${user} -c ${quoteWord(login)} > /tmp/${user}.log 2>&1 < /dev/null &
i=0; while [ ! -S ${runtimeDir}/docker.sock ] && [ $i -lt ${waitSeconds * 10} ]; do sleep 0.1; i=$((i+1)); done
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

type Info = { Driver: string; SecurityOptions: string[]; CgroupDriver: string };

check('GUIDE-LAB-FOREGROUND', {
  level: 'SHOULD',
  title:
    "a new user without sudo and systemd runs the daemon in the foreground; its container root is that user to the host's root",
  source: docker('engine/security/rootless/tips', 'daemon: without systemd'),
  remedy: 'install uidmap and give the user subordinate IDs (see PRE-NEWIDMAP, PRE-SUBID); chmod 700 /root',
  async verify({ target, stage, defer }) {
    await sharedContainer(target);
    const lab = await startLabDaemon(target);
    defer(() => lab.remove());
    expect(lab.complaint, 'the daemon of a new user').toBeNull();
    const info = JSON.parse(await mustRun(target.root, `${lab.docker} info --format '{{json .}}'`)) as Info;
    expect(info.Driver, 'storage driver of /info').toBe('vfs');
    expect(info.SecurityOptions, 'security options of /info').toContain('name=rootless');
    expect(info.CgroupDriver, 'cgroup driver of /info').toBe('none');
    await giveFixtureImage(target, lab);
    await stage('running');
    const nonce = randomUUID();
    const run = `${lab.docker} run --network none -v /:/host`;
    const output = await mustRun(
      target.root,
      `${run} -d -e RDC_NONCE=${nonce} --name lab ${fixtureImageTag} sleep 600 >/dev/null
p=$(grep -lz '^RDC_NONCE=${nonce}$' /proc/[0-9]*/environ 2>/dev/null | head -n 1)
echo "uid $(awk '/^Uid:/{print $2, $3, $4, $5}' \${p%environ}status)"
${lab.docker} exec lab sh -c 'id -u; probe open /host/home/${lab.user} r; probe open /host/root r'`,
    );
    const [owner, inside, ...opened] = output.trim().split('\n');
    const [home, root] = opened.map((line) => (JSON.parse(line) as { errno: string | null }).errno);
    expect(inside, 'UID of the process as the container sees it').toBe('0');
    expect(owner, "UIDs of the process in the host's process list").toBe(`uid ${`${lab.uid} `.repeat(4).trim()}`);
    expect(home, "opening the user's own home from inside").toBeNull();
    expect(root, 'opening /root from inside').toBe('EACCES');
  },
  fault: breaks('opening /root from inside', {
    name: '/root is open to everybody',
    inject: chmod('755', () => '/root'),
    at: 'running',
  }),
});
