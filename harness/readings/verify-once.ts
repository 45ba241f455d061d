import type { DeclaredCheck } from '../check.ts';
import { RdcError } from '../errors.ts';
import type { ReadingContext } from './conformance.ts';

/** Called at each stage that `verify` names; a sabotage strikes at its own. */
export type Strike = (stage: string) => Promise<void>;

/**
 * Runs `verify` once and takes back what it changed. A failed undo is an error even when the claim held:
 * the checks after it would judge a machine that nobody meant.
 */
export async function verifyOnce(check: DeclaredCheck, reading: ReadingContext, strike?: Strike): Promise<void> {
  const undos: (() => Promise<unknown>)[] = [];
  let failure: unknown;
  let hasFailed = false;
  try {
    await check.verify({
      target: reading.target,
      host: reading.host,
      stage: async (name) => strike?.(name),
      defer: (undo) => undos.push(undo),
      note: (text) => reading.evidence.note(text),
    });
  } catch (error) {
    failure = error;
    hasFailed = true;
  }
  const undoFailures = await runAll(undos.reverse());
  if (hasFailed) throw failure;
  const [first] = undoFailures;
  if (first !== undefined) {
    throw new RdcError('COMMAND', `${check.id} could not take back what it changed`, { cause: first });
  }
}

async function runAll(undos: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const undo of undos) {
    try {
      await undo();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
