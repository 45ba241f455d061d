import { RdcError } from '../../messages/errors.ts';
import { failWhenLate } from '../../this-machine/poll.ts';

type Work = { readonly id: string; readonly end: Promise<void>; isStuck: boolean; readonly isConcurrent: boolean };

// a setup file is loaded anew for each spec file, and all of them run in one process
const holder = globalThis as { rdcWork?: Set<Work> };

type Turn = {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly patienceMs?: number;
  /** others of this kind may be at work meanwhile */
  readonly isConcurrent?: boolean;
};

/**
 * vitest goes on when a check runs out of time, but the check itself is still at work and takes back what it changed
 * some time later. The next one waits for that, or it would judge a changed machine; if it waits in vain, it is an error.
 * Checks that are judged side by side wait for those that are not, and the other way round.
 */
export async function waitForTurn(turn: Turn, task: () => Promise<void>): Promise<void> {
  const { id, signal, patienceMs = 60_000, isConcurrent = false } = turn;
  holder.rdcWork ??= new Set();
  const all = holder.rdcWork;
  for (const work of [...all].filter((other) => !(isConcurrent && other.isConcurrent))) {
    await failWhenLate(work.end, work.isStuck ? 0 : patienceMs, () => {
      work.isStuck = true;
      throw new RdcError('TIMEOUT', `${work.id} timed out and is still running; the machine may be changed`);
    });
  }
  // who ran out of time while waiting must not start now
  signal.throwIfAborted();
  const running = task();
  const end = running.catch(() => {});
  const work: Work = { id, isStuck: false, isConcurrent, end };
  all.add(work);
  void end.then(() => all.delete(work));
  await running;
}
