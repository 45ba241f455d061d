import { checksOf, code, expect, man, startFixture, type Target } from '../../harness/index.ts';
import { awaitDaemon, restartDaemon } from '../daemon/control-daemon.ts';
import { daemonProcess } from '../daemon/daemon-process.ts';
import { killRootlessKit, startOf } from './leftovers.ts';
import { notLingering } from './not-started.ts';
import { outlastLogout } from './sessions.ts';
import { hasSystemd, unitDropIn, userUnit } from './user-unit.ts';

const check = checksOf('lifecycle');
const needs = ['SOCK-PATH'] as const;
const linger = 'sudo loginctl enable-linger USER';

/** The daemon is to answer again at the end, whatever became of it. */
async function daemonBack(target: Target): Promise<void> {
  const { ActiveState = '' } = await userUnit(target, ['ActiveState']);
  await (['active', 'activating'].includes(ActiveState) ? awaitDaemon(target) : restartDaemon(target));
}

/** The container's first process ends at once when it is told to. */
const obedient = ['sh', '-c', 'trap "exit 0" TERM; sleep 3600 & wait'];

check({
  id: 'SVC-CRASH',
  level: 'MUST',
  title: 'kill -9 of RootlessKit leaves no process of the service behind, and systemd starts it again within 10 s',
  source: code('moby/moby', 'v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'Restart=always, RestartSec=2'),
  applies: hasSystemd,
  needs,
  disruptive: true,
  remedy: 'the unit needs Restart=always: systemctl --user cat docker (see SVC-UNIT); systemctl --user restart docker',
  async verify({ target, defer }) {
    await target.invalidate();
    // the unit may be started three times a minute
    await target.exec(['systemctl', '--user', 'reset-failed', 'docker.service']);
    const { service } = await daemonProcess(target);
    defer(() => daemonBack(target));
    const crash = await killRootlessKit(target, service);
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
  sabotage: {
    name: 'a drop-in sets Restart=no',
    by: unitDropIn('Restart=no'),
    fails: /seconds from the kill to the start of another RootlessKit/,
  },
});

check({
  id: 'SVC-LOGOUT',
  level: 'MUST',
  title: "containers survive the user's last logout",
  source: man('logind.conf', 5, 'UserStopDelaySec='),
  applies: hasSystemd,
  needs,
  disruptive: true,
  remedy: linger,
  async verify({ target, host, defer }) {
    await target.invalidate();
    const container = await startFixture(target, { command: obedient });
    defer(async () => {
      await daemonBack(target);
      await container.stop();
    });
    const pid = await container.hostPid();
    const start = await startOf(target, pid);
    const later = await target.loggedOut(async () => {
      await outlastLogout(target, host, pid);
      return await startOf(target, pid);
    });
    expect(later, "start of the container's process, after the last logout").toBe(start);
  },
  sabotage: { ...notLingering, fails: /start of the container's process, after the last logout/ },
});
