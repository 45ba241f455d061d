import {
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  fixtureImageTag,
  man,
  moby,
  mobyIssue,
  rootlesskitIssue,
  rootScript,
  startContainer,
} from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { awaitDaemon, bringBack, expectBack, restartDaemon } from '../instruments/daemon/restart.ts';
import { canRestart, stopDaemon } from '../instruments/daemon/service.ts';
import { daemonBeforeLogin, outlastLogout } from '../instruments/daemon/sessions.ts';
import { unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd, mayInterrupt } from '../instruments/daemon/user-unit.ts';
import { makeBootServer } from './boot-server.ts';
import { nextPid } from './crashes.ts';
import { makeVolume } from './kept-volume.ts';
import { endLeftovers, killRootlessKit, otherProcesses, serviceProcesses, startOf } from './leftovers.ts';
import { notEnabled, notLingering } from './not-started.ts';

const check = checksIn(import.meta);
const starting = docker('engine/security/rootless/tips', 'daemon');
const linger = 'sudo loginctl enable-linger USER';

/** The container's first process ends at once when it is told to. */
const obedient = ['sh', '-c', 'trap "exit 0" TERM; sleep 3600 & wait'];

check('SVC-STOP', {
  level: 'MUST',
  title: 'stopping the unit while a container runs takes less than 15 s and leaves no process behind',
  source: mobyIssue(41_944, 'the daemon does not stop while containers run'),
  applies: hasSystemd,
  remedy: 'the unit needs KillMode=mixed: systemctl --user cat docker (see SVC-UNIT)',
  restartsDaemon: true,
  async verify({ target, host, defer }) {
    const container = await startContainer(target, { command: obedient });
    const pid = await container.hostPid();
    const others = await otherProcesses(target, host, await daemonProcess(target));
    defer(async () => {
      // a daemon that finds the remains of the last one may not come up
      await endLeftovers(target, host, pid, others);
      await restartDaemon(target);
      await dockerApi(target, 'DELETE', `/containers/${container.id}?force=true`);
    });
    const { stdout } = await target.shell(
      "cut -d' ' -f1 /proc/uptime; timeout 60 systemctl --user stop docker.service; echo $?; cut -d' ' -f1 /proc/uptime",
      { timeoutMs: 90_000 },
    );
    const [from, exitCode, to] = stdout.split('\n').map(Number);
    expect(exitCode, 'exit code of systemctl --user stop').toBe(0);
    expect(Number(to) - Number(from), 'seconds that the stop took').toBeLessThan(15);
    expect(await serviceProcesses(target, host, others), 'processes of the service after the stop').toEqual([]);
    expect(await startOf(target, pid), "start of the container's process, after the stop").toBeNull();
  },
  fault: breaks(
    'processes of the service after the stop',
    'the unit kills RootlessKit and nothing else',
    unitDropIn('KillMode=process', 'KillSignal=SIGKILL'),
    { alsoBreaks: ['SVC-UNIT'] },
  ),
});

const restarted = 'rdc-svc-restart';

/** Of this container alone: others are the user's own. */
const policyLost = rootScript(
  ({ user }) => `cd '${user.home}/.local/share/docker/containers'
f=$(grep -l '"Name":"/${restarted}"' */config.v2.json); f=$(dirname "$f")/hostconfig.json
grep -q '"Name":"always"' "$f"
sed -i 's/"Name":"always"/"Name":"no"/' "$f"`,
  () => ':',
);

check('SVC-RESTART', {
  level: 'MUST',
  title:
    'with --restart=always a container runs again after a restart of the daemon; no trace of it stays when it is gone',
  source: rootlesskitIssue(355, 'containers do not come back after a stop and a start'),
  applies: canRestart,
  remedy: 'systemctl --user stop docker; rm -r $XDG_RUNTIME_DIR/docker; systemctl --user start docker; see SVC-UNIT',
  restartsDaemon: true,
  async verify({ target, host, stage, defer }) {
    const name = restarted;
    const options = { name, command: obedient, host: { RestartPolicy: { Name: 'always' } } } as const;
    const remove = () => dockerApi(target, 'DELETE', `/containers/${name}?force=true`);
    // one that an earlier run left where the daemon did not come back
    await remove();
    const container = await startContainer(target, options);
    defer(async () => {
      await bringBack(target);
      await remove();
    });
    const folder = host.socket.replace(/\.sock$/, '');
    const tracesNow = async () => (await target.root.exec(['find', folder, '-name', `*${container.id}*`])).stdout;
    const before = await container.hostPid();
    await stopDaemon(target);
    expect(await tracesNow(), 'traces of the container in the runtime directory after the stop').toBe('');
    await stage('stopped');
    await expectBack(target, restartDaemon(target));
    expect(await nextPid(container, before, 30_000), "the container's process after the restart").not.toBeNull();
    expect((await remove()).status, 'status of the removal').toBe(204);
    expect(await tracesNow(), 'traces of the container in the runtime directory after its removal').toBe('');
    const again = await dockerApi(target, 'POST', `/containers/create?name=${name}`, {
      body: { Image: fixtureImageTag },
    });
    expect(again.status, 'status of the creation of another one by that name').toBe(201);
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
    // the unit may be started three times a minute
    await target.exec(['systemctl', '--user', 'reset-failed', 'docker.service']);
    const daemon = await daemonProcess(target);
    defer(() => bringBack(target));
    const crash = await killRootlessKit(target, daemon);
    expect(crash.left, 'processes of the old service 5 s after the kill').toEqual([]);
    const seconds = crash.restartedAfterSeconds ?? Number.POSITIVE_INFINITY;
    expect(seconds, 'seconds from the kill to the start of another RootlessKit').toBeLessThan(10);
    const complaint = await awaitDaemon(target, 60_000).catch(async (error: Error) => {
      // through the forwarded socket a lost connection looks like a daemon that is down; this throws LOST
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
  async verify({ target, host, defer }) {
    await target.invalidate();
    const container = await startContainer(target, { command: obedient });
    defer(async () => {
      await bringBack(target);
      await container.stop();
    });
    const pid = await container.hostPid();
    const start = await startOf(target, pid);
    // the sessions of a run are no login shells: here is one, whose last act is the user's own (~/.bash_logout)
    await target.login('exec env -u SHLVL "$SHELL" -lc "exit 0" < /dev/null');
    const later = await target.loggedOut(async () => {
      await outlastLogout(target, host, pid);
      return await startOf(target, pid);
    });
    expect(later, "start of the container's process, after the last logout").toBe(start);
  },
  fault: breaks("start of the container's process, after the last logout", notLingering),
});

check('SVC-BOOT', {
  level: 'MUST',
  title:
    "after a boot, before the user's first login, the daemon answers, has its volumes, and runs what has --restart=always",
  source: starting,
  // the record of the provisioning: a machine that somebody works on is not rebooted
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
    // a file system may be mounted over the data root at boot, or cleared
    expect(kept, "a volume's file after the boot").toBe(volume.nonce);
    expect(answers, 'who answers on the published ports of a container with --restart=always').toEqual(before);
    const owners = new Set(service.flatMap(({ uids }) => uids));
    expect([...owners], 'UIDs of the processes of the service').toEqual([host.user.uid]);
  },
  fault: breaks('version that answers on * after the boot', notEnabled),
});
