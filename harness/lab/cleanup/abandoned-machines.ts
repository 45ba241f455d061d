import { deadLocks, describeOwner, type LockOwner, releaseMachine, tryLock } from '../../this-machine/locks.ts';
import { providerOf, runningMachines } from '../machine/providers.ts';

/** A machine whose run died, with what is left of it; the run of an attached one had found it running. */
export type AbandonedMachine = {
  readonly name: string;
  readonly owner: LockOwner | undefined;
  readonly isRunning: boolean;
};

/** Reads only. */
export async function findAbandonedMachines(): Promise<AbandonedMachine[]> {
  const dead = deadLocks();
  const running = dead.length > 0 ? await runningMachines() : new Set();
  return dead.map((one) => ({ ...one, isRunning: !one.owner?.attached && running.has(one.name) }));
}

/**
 * Powers off machines that a run left behind when it died, and clears its locks. A machine that runs without a lock
 * was left so on purpose (`rdc up`, `--keep`). Another run's machines are not looked at twice: whoever gets the lock acts.
 */
export async function clearAbandonedMachines(onStage: (text: string) => void): Promise<void> {
  for (const { name, owner, isRunning } of await findAbandonedMachines()) {
    if (!tryLock(name)) continue;
    try {
      if (isRunning) await providerOf(name).powerOff(name);
      const what = isRunning ? 'powered off; lock' : 'lock';
      onStage(`${name}: ${what} of a dead run removed (${owner ? describeOwner(owner) : 'unreadable'})`);
    } finally {
      releaseMachine(name);
    }
  }
}
