import type { DeclaredCheck, Sabotage } from '../check.ts';
import { Blocked } from '../preconditions.ts';
import { verdictOf } from '../verdict.ts';
import { messageOf, type ReadingContext, skipUnlessApplicable, verifyWhenPossible } from './conformance.ts';

type PossibleSabotage = Exclude<Sabotage, { impossible: string }>;
type Observed = { readonly verdict: 'pass' | 'fail' | 'error' | 'blocked'; readonly message: string };

/**
 * Does the check notice when its claim is not so? It must hold, fail with its own message under the fault,
 * and hold again after the undo. An error under the fault is no kill: a lost connection would look like one.
 */
export async function readSabotage(check: DeclaredCheck, reading: ReadingContext): Promise<void> {
  const { context, evidence } = reading;
  const { meta } = context.task;
  skipUnlessApplicable(check, reading);
  if ('impossible' in check.sabotage) {
    Object.assign(meta, { outcome: 'impossible', verdict: 'skip', reason: check.sabotage.impossible });
    context.skip(check.sabotage.impossible);
    return;
  }
  const outcome = await runMutant(check, check.sabotage, reading);
  Object.assign(meta, outcome);
  evidence.note(`${outcome.outcome}: ${outcome.reason}`);
  if (outcome.outcome !== 'killed') throw new Error(`${check.id} ${outcome.outcome}: ${outcome.reason}`);
  meta.verdict = 'pass';
}

async function runMutant(
  check: DeclaredCheck,
  sabotage: PossibleSabotage,
  reading: ReadingContext,
): Promise<{ outcome: 'killed' | 'survived' | 'error'; reason: string }> {
  const before = await observe(check, reading);
  if (before.verdict !== 'pass') {
    return {
      outcome: 'error',
      reason: `the check does not hold before the fault: ${before.verdict}: ${before.message}`,
    };
  }
  reading.evidence.note(`--- fault: ${sabotage.name}`);
  const mutated = await observeUnderFault(check, sabotage, reading);
  reading.evidence.note(`--- undone; under the fault: ${mutated.verdict}: ${mutated.message}`);
  const after = await observe(check, reading);
  if (after.verdict !== 'pass') {
    return {
      outcome: 'error',
      reason: `the check does not hold again after the undo: ${after.verdict}: ${after.message}`,
    };
  }
  if (mutated.verdict === 'pass') return { outcome: 'survived', reason: 'the check stays green under the fault' };
  if (mutated.verdict !== 'fail')
    return { outcome: 'error', reason: `${mutated.verdict} is no kill: ${mutated.message}` };
  if (!sabotage.fails.test(mutated.message)) {
    return { outcome: 'survived', reason: `the check fails for another reason: ${mutated.message}` };
  }
  return { outcome: 'killed', reason: mutated.message };
}

async function observeUnderFault(
  check: DeclaredCheck,
  sabotage: PossibleSabotage,
  reading: ReadingContext,
): Promise<Observed> {
  const { target, host } = reading;
  let undo: (() => Promise<void>) | undefined;
  const apply = async () => {
    undo = await sabotage.by({ target, host });
  };
  try {
    if (sabotage.at === undefined) await apply();
    const observed = await observe(check, reading, async (stage) => {
      if (stage === sabotage.at && undo === undefined) await apply();
    });
    if (undo === undefined) return { verdict: 'error', message: `verify never reached the stage "${sabotage.at}"` };
    return observed;
  } finally {
    await undo?.();
    await target.invalidate();
  }
}

async function observe(
  check: DeclaredCheck,
  reading: ReadingContext,
  strike?: (stage: string) => Promise<void>,
): Promise<Observed> {
  try {
    await verifyWhenPossible(check, reading, strike);
    return { verdict: 'pass', message: '' };
  } catch (error) {
    if (error instanceof Blocked) return { verdict: 'blocked', message: error.message };
    return { verdict: verdictOf(error), message: messageOf(error) };
  }
}
