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

/** Waits until the API answers; bounded, because a daemon that never comes up is a finding and not a wait. */
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

/** Restarts the user's daemon in the way of its host and waits until it answers. Throws DAEMON_DOWN. */
export async function restartDaemon(target: RestartableTarget): Promise<void> {
  await target.invalidate();
  await comingBack(target, async () => {
    await mustRun(target, daemonControl(target.facts.host).restart);
    await awaitDaemon(target);
  });
}

/** Puts a change in force; resolves to what takes it back, by a restart too. */
export function restartedWith(target: RestartableTarget, putBack: () => Promise<void>): Promise<() => Promise<void>> {
  const undo = async () => {
    await putBack();
    await restartDaemon(target);
  };
  return orUndo(undo, () => restartDaemon(target));
}

/**
 * Restarts the user's systemd instance: what is set for user@.service (delegation, limits) is only taken then. What ran
 * runs again, enabled or not. Throws DAEMON_DOWN.
 */
export async function restartUserManager(target: RestartableTarget, host: HostFacts): Promise<void> {
  await target.invalidate();
  const ran = await runningUnits(target);
  await comingBack(target, async () => {
    await mustRun(target.root, restartUserManagerScript(host.user.uid));
    // also where it did not come back from the restart before this one
    await startDaemon(target);
    await startAgain(target, ran);
    await awaitDaemon(target);
  });
}

/**
 * systemd 247 (Debian 11) now and then starts the new manager while the cgroup of a container of the old one is still on
 * its way out: the kernel then lets no process into the manager's cgroup (EBUSY), and the start ends with 219/CGROUP.
 * Who logs in anew, as the documents have it, comes later. That one failure is waited out; any other is the manager's.
 */
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

/** Has the daemon answer again, whatever became of it. Throws DAEMON_DOWN. */
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
    // the manager's word, the API's, or without a code: it never answered
    if (!['COMMAND', 'DAEMON', 'TIMEOUT', undefined].includes((error as Failure).code)) throw error;
    // through the forwarded socket a lost connection looks like a daemon that is down; this throws LOST
    await target.exec(['true']);
    throw new RdcError('DAEMON_DOWN', `the daemon of ${target.name} did not come back`, { cause: error });
  }
}

/**
 * Inside of `verify`, where to come back is part of the claim: a daemon that does not is a finding, and no error of the
 * check. Not for a fault or an undo.
 */
export async function expectBack(target: Target, restarted: Promise<void>): Promise<void> {
  const causeOf = (error: Failure) => (error.code === 'DAEMON_DOWN' ? (error.cause as Failure) : undefined);
  // COMMAND: the manager's word for one start that failed; it may make another one
  const again = (error: Failure) =>
    causeOf(error)?.code === 'COMMAND' ? comingBack(target, () => awaitDaemon(target, 60_000)) : Promise.reject(error);
  const complaint = await restarted.catch(again).then(
    () => null,
    (error: Failure) => causeOf(error)?.message ?? Promise.reject(error),
  );
  expect(complaint, 'the daemon after its restart').toBeNull();
}
