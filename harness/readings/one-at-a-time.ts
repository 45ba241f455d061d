import { RdcError } from '../errors.ts';

type Work = { readonly id: string; readonly end: Promise<'ended'>; isStuck: boolean };

// a setup file is loaded anew for each spec file, and all of them run in one process
const holder = globalThis as { rdcWork?: Work };

/**
 * vitest goes on when a check runs out of time, but the check itself is still at work and takes back what it changed
 * some time later. The next one waits for that: it would judge a machine that nobody meant. In vain, it is an error.
 */
export async function oneAtATime(
  { id, signal, patienceMs = 60_000 }: { id: string; signal: AbortSignal; patienceMs?: number },
  task: () => Promise<void>,
): Promise<void> {
  if (holder.rdcWork) await awaitEnd(holder.rdcWork, patienceMs);
  // who ran out of time while waiting must not start now
  signal.throwIfAborted();
  const running = task();
  const ended = () => 'ended' as const;
  holder.rdcWork = { id, end: running.then(ended, ended), isStuck: false };
  await running;
}

async function awaitEnd(work: Work, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<'stuck'>((resolve) => {
    timer = setTimeout(() => resolve('stuck'), work.isStuck ? 0 : patienceMs);
  });
  const outcome = await Promise.race([work.end, patience]);
  clearTimeout(timer);
  if (outcome === 'ended') return;
  work.isStuck = true;
  throw new RdcError('TIMEOUT', `${work.id} ran out of time and is still at work: the machine may not be as it should`);
}
