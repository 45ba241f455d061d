import {
  dockerApi,
  expect,
  type HostFacts,
  mustRun,
  orUndo,
  pollUntil,
  RdcError,
  type RestartableTarget,
  type Target,
} from '../../../harness/checks/index.ts';
import { runningUnits, startAgain } from './running-units.ts';
import { daemonControl, daemonState, startDaemon } from './service.ts';

export async function awaitDaemon(target: Target, timeoutMs = 120_000): Promise<void> {
  let failure: unknown;
  const answers = async () => {
    failure = new Error(`the daemon did not answer within ${timeoutMs} ms`);
    try {
      return (await dockerApi(target, 'GET', '/_ping', { timeoutMs: 10_000 })).status === 200;
    } catch (error) {
      failure = error;
    }
  };
  if (!(await pollUntil(answers, { withinMs: timeoutMs, everyMs: 100 }))) throw failure;
}

/** Throws DAEMON_DOWN. */
export async function restartDaemon(target: RestartableTarget): Promise<void> {
  await target.invalidate();
  await comingBack(target, async () => {
    await mustRun(target, daemonControl(target.facts.host).restart);
    await awaitDaemon(target);
  });
}

export function restartedWith(target: RestartableTarget, putBack: () => Promise<unknown>) {
  const undo = async () => {
    await putBack();
    await restartDaemon(target);
  };
  return orUndo(undo, () => restartDaemon(target));
}

/** Settings of user@.service are read only then. What ran is started again. Throws DAEMON_DOWN. */
export async function restartUserManager(target: RestartableTarget, host: HostFacts): Promise<void> {
  await target.invalidate();
  const ran = await runningUnits(target);
  await comingBack(target, async () => {
    await mustRun(target.root, restartUserManagerScript(host.user.uid));
    // the previous restart may have left it down
    await startDaemon(target);
    await startAgain(target, ran);
    await awaitDaemon(target);
  });
}

/** systemd 247 may fail with 219/CGROUP while the old manager still has a container's cgroup: only that is retried. */
export function restartUserManagerScript(uid: number): string {
  const unit = `user@${uid}.service`;
  return `systemctl daemon-reload
systemctl restart ${unit} && exit
[ "$(systemctl show -p ExecMainStatus ${unit})" = ExecMainStatus=219 ] || exit 1
echo 'the cgroup of the old manager was still in use'
cgroup=$(find /sys/fs/cgroup -type d -name '${unit}' | head -n 1)
i=0; while [ -n "$cgroup" ] && [ -e "$cgroup" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
systemctl start ${unit}`;
}

/** Throws DAEMON_DOWN. */
export async function bringBack(target: RestartableTarget): Promise<void> {
  const state = await daemonState(target);
  const isStarting = ['active', 'activating'].includes(state);
  await (isStarting ? comingBack(target, () => awaitDaemon(target)) : restartDaemon(target));
}

type Failure = Error & { code?: string };

async function comingBack(target: Target, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    // a code of systemd's failure, of the API's, or none: it never answered
    if (!['COMMAND', 'DAEMON', 'TIMEOUT', undefined].includes((error as Failure).code)) throw error;
    // a lost connection looks like a daemon that is down; this throws LOST
    await target.exec(['true']);
    throw new RdcError('DAEMON_DOWN', `the daemon of ${target.name} did not come back`, { cause: error });
  }
}

/** For `verify`, where coming back is part of the claim: otherwise it is an error, here a failure. */
export async function expectBack(target: Target, restarted: Promise<void>): Promise<void> {
  const causeOf = (error: Failure) => (error.code === 'DAEMON_DOWN' ? (error.cause as Failure) : undefined);
  // COMMAND: one start failed, and systemd may try again
  const again = (error: Failure) =>
    causeOf(error)?.code === 'COMMAND' ? comingBack(target, () => awaitDaemon(target, 60_000)) : Promise.reject(error);
  const complaint = await restarted.catch(again).then(
    () => null,
    (error: Failure) => causeOf(error)?.message ?? Promise.reject(error),
  );
  expect(complaint, 'the daemon after its restart').toBeNull();
}
