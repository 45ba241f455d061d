import { randomUUID } from 'node:crypto';
import {
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  known,
  man,
  moby,
  mobyIssue,
  mustRun,
  quoteWord,
  rootlesskitIssue,
  rootScript,
  type Target,
} from '../../harness/checks/index.ts';
import { dataRoot } from '../instruments/daemon/data-root.ts';
import { lastLogout } from '../instruments/daemon/last-logout.ts';
import { killRootlessKit } from '../instruments/daemon/leftovers.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { awaitDaemon, bringBack } from '../instruments/daemon/restart.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import { daemonBeforeLogin } from '../instruments/daemon/sessions.ts';
import { restarted, stopAndStart } from '../instruments/daemon/stop-and-start.ts';
import { unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd, mayInterrupt } from '../instruments/daemon/user-unit.ts';
import { makeBootServer } from './boot-server.ts';
import { notEnabled, notLingering } from './not-started.ts';

const check = checksIn(import.meta);
const starting = docker('engine/security/rootless/tips', 'daemon');
const linger = 'sudo loginctl enable-linger USER';

check('SVC-STOP', {
  level: 'MUST',
  title: 'stopping the unit while a container runs takes less than 15 s and leaves no process behind',
  source: mobyIssue(41_944, 'the daemon does not stop while containers run'),
  applies: hasSystemd,
  remedy: 'the unit needs KillMode=mixed: systemctl --user cat docker (see SVC-UNIT)',
  restartsDaemon: true,
  async verify(context) {
    const { stop, left } = await stopAndStart('SVC-STOP', context);
    const { service, container } = known(left, 'what the stop left');
    expect(stop.exitCode, 'exit code of systemctl --user stop').toBe(0);
    expect(stop.seconds, 'seconds that the stop took').toBeLessThan(15);
    expect(service, 'processes of the service after the stop').toEqual([]);
    expect(container, "start of the container's process, after the stop").toBeNull();
  },
  fault: breaks(
    'processes of the service after the stop',
    'the unit kills RootlessKit and nothing else',
    unitDropIn('KillMode=process', 'KillSignal=SIGKILL'),
    { alsoBreaks: ['SVC-UNIT'] },
  ),
});

const policyLost = rootScript(
  ({ user }) => `cd '${user.home}/.local/share/docker/containers'
f=$(grep -l '"Name":"/${restarted}"' */config.v2.json); f=$(dirname "$f")/hostconfig.json
grep -q '"Name":"always"' "$f"
sed -i 's/"Name":"always"/"Name":"no"/' "$f"`,
);

check('SVC-RESTART', {
  level: 'MUST',
  title:
    'with --restart=always a container runs again after a restart of the daemon; no trace of it stays when it is gone',
  source: rootlesskitIssue(355, 'containers do not come back after a stop and a start'),
  applies: canRestart,
  remedy: 'systemctl --user stop docker; rm -r $XDG_RUNTIME_DIR/docker; systemctl --user start docker; see SVC-UNIT',
  restartsDaemon: true,
  async verify(context) {
    const { failure, restart } = await stopAndStart('SVC-RESTART', context);
    if (failure) throw failure;
    const { traces, pid, removal, tracesAfterRemoval, another } = known(restart, 'the restarted container');
    expect(traces, 'traces of the container in the runtime directory after the stop').toBe('');
    expect(pid, "the container's process after the restart").not.toBeNull();
    expect(removal, 'status of the removal').toBe(204);
    expect(tracesAfterRemoval, 'traces of the container in the runtime directory after its removal').toBe('');
    expect(another, 'status of the creation of another one by that name').toBe(201);
  },
  fault: breaks(
    "the container's process after the restart",
    'the restart policy is lost while the daemon is down',
    policyLost,
    { at: 'stopped' },
  ),
});

check('SVC-CRASH', {
  level: 'MUST',
  title: 'kill -9 of RootlessKit leaves no process of the service behind, and systemd starts it again within 10 s',
  source: moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'Restart=always, RestartSec=2'),
  applies: hasSystemd,
  remedy: 'the unit needs Restart=always: systemctl --user cat docker (see SVC-UNIT); systemctl --user restart docker',
  restartsDaemon: true,
  async verify({ target, defer }) {
    await target.invalidate();
    // systemd starts the unit at most three times a minute
    await target.exec(['systemctl', '--user', 'reset-failed', 'docker.service']);
    const daemon = await daemonProcess(target);
    defer(() => bringBack(target));
    const crash = await killRootlessKit(target, daemon);
    expect(crash.left, 'processes of the old service 5 s after the kill').toEqual([]);
    const seconds = crash.restartedAfterSeconds ?? Number.POSITIVE_INFINITY;
    expect(seconds, 'seconds from the kill to the start of another RootlessKit').toBeLessThan(10);
    const complaint = await awaitDaemon(target, 60_000).catch(async (error: Error) => {
      // a lost connection looks like a daemon that is down; this throws LOST
      await target.exec(['true']);
      return error.message;
    });
    expect(complaint, 'the API within a minute of the kill').toBeUndefined();
  },
  fault: breaks(
    'seconds from the kill to the start of another RootlessKit',
    'a drop-in sets Restart=no',
    unitDropIn('Restart=no'),
    { alsoBreaks: ['SVC-UNIT'] },
  ),
});

check('SVC-LOGOUT', {
  level: 'MUST',
  title: "containers survive the user's last logout",
  source: man('logind.conf', 5, 'UserStopDelaySec='),
  applies: mayInterrupt,
  remedy: linger,
  restartsDaemon: true,
  async verify(context) {
    const { before, after } = known((await lastLogout('SVC-LOGOUT', context)).container, 'the container');
    expect(after, "start of the container's process, after the last logout").toBe(before);
  },
  fault: breaks("start of the container's process, after the last logout", notLingering),
});

/** A volume with a nonce in it. `read` looks at the host's disk, without the daemon. */
async function makeVolume(target: Target) {
  const nonce = randomUUID();
  const name = `rdc-${nonce}`;
  const { status, text } = await dockerApi(target, 'POST', '/volumes/create', { body: { Name: name } });
  if (status !== 201) throw new Error(`creating a volume: the daemon answers ${status} ${text.slice(0, 300)}`);
  const file = `${await dataRoot(target)}/volumes/${name}/_data/nonce`;
  await mustRun(target.root, `echo ${nonce} > ${quoteWord(file)}; sync`);
  return {
    nonce,
    read: async () => (await target.root.exec(['cat', file])).stdout.trim(),
    remove: () => dockerApi(target, 'DELETE', `/volumes/${name}?force=1`),
  };
}

check('SVC-BOOT', {
  level: 'MUST',
  title:
    "after a boot, before the user's first login, the daemon answers, has its volumes, and runs what has --restart=always",
  source: starting,
  // a machine in use is not rebooted
  applies: mayInterrupt,
  remedy: `systemctl --user enable docker; ${linger}`,
  restartsDaemon: true,
  async verify({ target, host, defer }) {
    const [volume, server] = [await makeVolume(target), await makeBootServer(target)];
    defer(async () => {
      await bringBack(target);
      await volume.remove();
      await server.remove();
    });
    const before = await server.answers();
    const { version, sessions, service, kept, answers } = await target.loggedOut(async () => {
      await target.reboot();
      const seen = await daemonBeforeLogin(target, host, 90);
      const processes = seen.version === null ? [] : (await daemonProcess(target)).service;
      const answers = seen.version === null ? {} : await server.answers();
      return { ...seen, service: processes, kept: await volume.read(), answers };
    });
    expect(version, `version that answers on ${host.socket} after the boot`).not.toBeNull();
    expect(sessions, `sessions of ${host.user.name} at that time`).toEqual([]);
    // a file system may be mounted over the data root at boot
    expect(kept, "a volume's file after the boot").toBe(volume.nonce);
    expect(answers, 'who answers on the published ports of a container with --restart=always').toEqual(before);
    const owners = new Set(service.flatMap(({ uids }) => uids));
    expect([...owners], 'UIDs of the processes of the service').toEqual([host.user.uid]);
  },
  fault: breaks('version that answers on * after the boot', notEnabled),
});
