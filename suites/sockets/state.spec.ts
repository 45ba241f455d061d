import { randomUUID } from 'node:crypto';
import {
  breaks,
  changeFile,
  checksIn,
  chmod,
  docker,
  dockerApi,
  type Executor,
  expect,
  type HostFacts,
  hostProbe,
  type Inject,
  known,
  moby,
  mustRun,
  pollUntil,
  quoteWord,
  type ReadableTarget,
  type RestartableTarget,
  rootlesskitIssue,
  rootScript,
  setAside,
  type Target,
  userScript,
} from '../../harness/checks/index.ts';
import { dataRoot } from '../instruments/daemon/data-root.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { reloadDaemon } from '../instruments/daemon/reload.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';
import { rootlessKit } from '../instruments/daemon/rootlesskit.ts';
import { canRestart, daemonState, startDaemon } from '../instruments/daemon/service.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { pathState } from './socket-state.ts';
import { stateDirectory } from './state-directory.ts';

const check = checksIn(import.meta);
const restart = 'systemctl --user restart docker';

const beside = ({ socket }: Pick<HostFacts, 'socket'>, name: string) => socket.replace(/[^/]*$/, name);

const pidOfInit: Inject = ({ target, host }) => changeFile(target.root, beside(host, 'docker.pid'), 'echo 1');

check('SOCK-PID', {
  level: 'MUST',
  title: 'docker.pid beside the socket holds the number of the daemon that listens on it',
  source: moby('v26.1.5', 'cmd/dockerd/config_unix.go', 'the pid file in XDG_RUNTIME_DIR'),
  remedy: restart,
  readOnly: true,
  async verify({ target, host }) {
    const { pid } = await daemonProcess(target);
    const { stdout } = await target.exec(['cat', beside(host, 'docker.pid')]);
    expect(stdout.trim(), 'the number in docker.pid').toBe(String(pid));
  },
  fault: breaks('the number in docker.pid', 'docker.pid holds the number 1', pidOfInit),
});

async function keepDown(target: Target) {
  if (target.facts.host.init !== 'systemd') return async () => {};
  const folder = '"$XDG_RUNTIME_DIR/systemd/user/docker.service.d"';
  const reload = 'systemctl --user daemon-reload';
  await mustRun(target, `mkdir -p ${folder}; printf '[Service]\\nRestart=no\\n' > ${folder}/rdc.conf; ${reload}`);
  return () => mustRun(target, `rm ${folder}/rdc.conf; rmdir ${folder} 2>/dev/null || :; ${reload}`);
}

/** As a crash would; waits until nothing of the service is left. */
async function crash(target: Target): Promise<void> {
  const { service } = await daemonProcess(target);
  const kit = known(await rootlessKit(target), 'the process of RootlessKit');
  await target.invalidate();
  const pids = service.map(({ pid }) => pid).join(' ');
  const wait = 'while [ -d /proc/$p ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done';
  await mustRun(target.root, `kill -9 ${kit.pid}; i=0; for p in ${pids}; do ${wait}; done; [ $i -lt 300 ]`);
}

async function startAfterCrash(target: RestartableTarget): Promise<string> {
  await startDaemon(target);
  const ask = async () => {
    const ping = await dockerApi(target, 'GET', '/_ping', { timeoutMs: 10_000 }).catch(() => null);
    if (ping?.status === 200) return 'answers';
    const state = await daemonState(target);
    return /failed|inactive/.test(state) && state;
  };
  return (await pollUntil(ask, { withinMs: 90_000, everyMs: 50 })) ?? (await daemonState(target));
}

check('SOCK-STALE', {
  level: 'MUST',
  title: 'a crash leaves socket and pid file, clients are refused (ECONNREFUSED, not ENOENT), and the next start works',
  source: rootlesskitIssue(220, 'what a killed RootlessKit leaves'),
  applies: canRestart,
  remedy: 'rm $XDG_RUNTIME_DIR/docker.pid $XDG_RUNTIME_DIR/docker.sock; systemctl --user restart docker',
  restartsDaemon: true,
  async verify({ target, host, stage, defer }) {
    let isUp = false;
    const release = await keepDown(target);
    defer(async () => {
      await release();
      if (isUp) return;
      await target.shell(`rm -f '${beside(host, 'docker.pid')}'`);
      await restartDaemon(target);
    });
    await crash(target);
    await stage('crashed');
    const [socket, pidFile] = [
      await pathState(target, host.socket),
      await pathState(target, beside(host, 'docker.pid')),
    ];
    expect(socket?.type, 'what the crash left at docker.sock').toBe('socket');
    expect(pidFile?.type, 'what it left at docker.pid').toBe('regular file');
    const connect = (path: string) => hostProbe<{ errno: string | null }>(target, target, ['connect', 'unix', path]);
    expect((await connect(host.socket)).errno, 'connecting to the socket that was left').toBe('ECONNREFUSED');
    expect((await connect(`${host.socket}.absent`)).errno, 'connecting where nothing is').toBe('ENOENT');
    const next = await startAfterCrash(target);
    isUp = next === 'answers';
    expect(next, 'the daemon at the next start').toBe('answers');
    expect((await daemonProcess(target)).pid, 'the daemon of the next start').toBeGreaterThan(0);
  },
  fault: breaks(
    'the daemon at the next start',
    'another process has the number in the pid file that the crash left',
    userScript((host) => `echo 1 > '${beside(host, 'docker.pid')}'`),
    { at: 'crashed' },
  ),
});

const fleeting = /nfs|9fs|vboxsf|smb|cifs|fuse|tmpfs|ramfs|UNKNOWN/;

async function fileSystemsBelow(target: ReadableTarget, roots: readonly string[]): Promise<string[]> {
  const { stdout } = await target.root.shell(`
for root in ${roots.map(quoteWord).join(' ')}; do
  for name in volumes image containers overlay2 fuse-overlayfs vfs containerd; do
    [ ! -d "$root/$name" ] || echo "$name $(stat -f -c %T "$root/$name")"
  done
done`);
  return [...new Set(stdout.split('\n').filter(Boolean))];
}

const dataPath = ({ user }: HostFacts) => `${user.home}/.local/share/docker`;

check('SOCK-DATA', {
  level: 'MUST',
  title: 'the data root is ~/.local/share/docker, mode 0710, of the user, and on a local file system that stays',
  source: docker('engine/security/rootless/tips', 'data directory; not on NFS'),
  remedy:
    'remove data-root from ~/.config/docker/daemon.json or point it to a local disk; chmod 710 ~/.local/share/docker',
  readOnly: true,
  async verify({ target, host }) {
    const path = await dataRoot(target);
    expect(path, 'where the daemon keeps its data').toBe(dataPath(host));
    const { DockerRootDir } = (await dockerApi(target, 'GET', '/info')).json<{ DockerRootDir: string }>();
    expect(DockerRootDir, 'DockerRootDir of /info').toBe(path);
    const { stdout } = await target.root.shell(`stat -c '%a %u %g' '${path}'; stat -f -c %T '${path}'`);
    const [state, fileSystem] = stdout.split('\n');
    expect(state, 'mode and owner of the data root').toBe(`710 ${host.user.uid} ${host.user.gid}`);
    expect(fileSystem, 'file system of the data root').not.toMatch(fleeting);
    const { pid } = await daemonProcess(target);
    const below = await fileSystemsBelow(target, [dataPath(host), `/proc/${pid}/root${dataPath(host)}`]);
    expect(below.join(' '), 'directories of the data root that were looked at').toContain('volumes ');
    // by type: there is a directory called fuse-overlayfs
    const lost = below.filter((one) => fleeting.test(one.split(' ')[1] ?? ''));
    expect(lost, 'directories of the data root on a file system that is not local or does not stay').toEqual([]);
  },
  fault: breaks('mode and owner of the data root', 'the data root gets mode 755', chmod('0755', dataPath)),
});

const systemConfig = '/etc/docker/daemon.json';
const userConfig = ({ user }: HostFacts) => `${user.home}/.config/docker/daemon.json`;

/** Whether settings can be put into the user's file: a link to the system's is the system's. */
async function configState(target: Target, host: HostFacts): Promise<string> {
  const [user, system] = [quoteWord(userConfig(host)), quoteWord(systemConfig)];
  // a file that the user cannot read stops the daemon at its next start
  const closed = await target.shell(`[ ! -e ${user} ] || [ -r ${user} ]`);
  if (closed.code !== 0) return 'closed to the user';
  const { stdout } = await target.root.shell(
    `if [ ${user} -ef ${system} ] || [ "$(readlink ${user})" = ${system} ]; then echo same
else echo own; cat ${user} 2>/dev/null; fi`,
  );
  const [, whose, text = ''] = /^(\w+)\n(.*)$/s.exec(stdout) ?? [];
  if (whose !== 'own') return `the same file as ${systemConfig}`;
  try {
    // trim() also removes a byte order mark; an empty file has no settings
    const config: unknown = JSON.parse(text.trim() || '{}');
    const isObject = typeof config === 'object' && config !== null && !Array.isArray(config);
    return isObject ? 'its own, and JSON' : 'no settings';
  } catch {
    return 'not JSON';
  }
}

/** Labels are the one setting that a daemon reloads, shows, and does not use. */
async function daemonLabels(target: Target): Promise<string[]> {
  return (await dockerApi(target, 'GET', '/info')).json<{ Labels?: string[] | null }>().Labels ?? [];
}

async function withLabels(as: Executor, path: string, labels: readonly string[]) {
  return await changeFile(as, path, (text) => JSON.stringify({ ...settingsIn(text), labels }));
}

/** A file that the daemon does not read may hold anything. */
function settingsIn(text: string): object {
  try {
    return JSON.parse(text.trim() || '{}') as object;
  } catch {
    return {};
  }
}

check('SOCK-CONF', {
  level: 'MUST',
  title: 'the daemon takes its settings from ~/.config/docker/daemon.json and none from /etc/docker/daemon.json',
  source: docker('engine/security/rootless/tips', 'configuration file of the daemon'),
  remedy: 'put settings in ~/.config/docker/daemon.json; look for --config-file in the user unit',
  async verify({ target, host, stage, defer }) {
    expect(await configState(target, host), "the user's daemon.json").toBe('its own, and JSON');
    const nonce = randomUUID();
    const [user, system] = [`rdc.user=${nonce}`, `rdc.system=${nonce}`];
    // a label stays until a file names others: first none, then the original
    defer(async () => {
      const restore = await withLabels(target, userConfig(host), []);
      await reloadDaemon(target);
      await restore();
    });
    defer(await withLabels(target.root, systemConfig, [system]));
    defer(await withLabels(target, userConfig(host), [user]));
    await stage('written');
    await reloadDaemon(target);
    const labels = await daemonLabels(target);
    expect(labels, "the daemon's labels, with one of the user's file").toContain(user);
    expect(labels, "the daemon's labels, with none of the system's file").not.toContain(system);
  },
  fault: breaks(
    "the daemon's labels, with one of the user's file",
    "the user's daemon.json goes away before the daemon reads it",
    rootScript(
      (host) => `mv '${userConfig(host)}' '${userConfig(host)}.x'`,
      (host) => `rm -f '${userConfig(host)}.x'`,
    ),
    { at: 'written' },
  ),
});

const apiSocketAway: Inject = async ({ target }) => {
  const { stateDir } = known(await rootlessKit(target), 'the process of RootlessKit');
  return await setAside(target.root, `${stateDir}/api.sock`);
};

check('SOCK-STATE', {
  level: 'MUST',
  title: "RootlessKit's state directory has its API socket, its lock and the PID of its child, all of the running one",
  source: moby('v26.1.5', 'contrib/dockerd-rootless.sh', '--state-dir (7d08d84b03)'),
  remedy: restart,
  concurrent: true,
  async verify({ target, host }) {
    const kit = known(await rootlessKit(target), 'the process of RootlessKit');
    const ownChoice = expect.stringMatching(/^\/tmp\/rootlesskit\d+$/);
    const wanted = isEngineSince(host, '25.0') ? beside(host, 'dockerd-rootless') : ownChoice;
    expect(kit.stateDir, "RootlessKit's state directory").toEqual(wanted);
    const state = await stateDirectory(target, kit.stateDir ?? '');
    expect(state.apiListener, 'the process that listens on api.sock').toBe(kit.pid);
    expect(state.lockHolder, 'the process that holds the lock').toBe(kit.pid);
    expect(state.parentOfChild, `the parent of ${state.child}, the number in child_pid`).toBe(kit.pid);
    // the daemon in the host's network finds the containers' by this file
    if (kit.detachesNetwork || isEngineSince(host, '29.5'))
      expect(state.netns, 'file system of the file netns').toBe('nsfs');
  },
  fault: breaks('the process that listens on api.sock', "RootlessKit's API socket is moved away", apiSocketAway),
});
