import { expect } from 'vitest';
import type { DeclaredCheck, Sabotage } from '../../checks/check.ts';
import { messageOf } from '../../messages/error-text.ts';
import { alreadyRed, type Outcome, type SideEffects } from '../../verdicts/fault-outcome.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import { Blocked } from '../verify/preconditions.ts';
import { type InjectAtStage, type ModeContext, verifyWhenPossible } from '../verify/verify.ts';
import { skipUnlessApplicable } from './conformance.ts';
import type { Bystanders } from './side-effects.ts';

type PossibleSabotage = Exclude<Sabotage, { impossible: string }>;
type Observed = {
  readonly verdict: 'pass' | 'fail' | 'error' | 'blocked';
  readonly message: string;
  readonly blockedBy?: string;
};

/** A check and what it may use; one of those that the same fault is to turn red. */
export type Mutated = { readonly check: DeclaredCheck; readonly reading: Omit<ModeContext, 'context'> };

/** The checks that share a fault, and those that are judged beside them when its blast radius is asked for. */
export type Group = { readonly members: readonly Mutated[]; readonly bystanders?: Bystanders };

/**
 * Does the check notice when its claim is not so? It must hold, fail with its own message under the fault,
 * and hold again after the undo. An error under the fault is no kill: a lost connection would look like one.
 * `group` has the checks that share the fault: it is applied once for all of them, at the turn of the first.
 */
export async function runFaultTest(check: DeclaredCheck, reading: ModeContext, group?: Group): Promise<void> {
  const { context } = reading;
  const { meta } = context.task;
  skipUnlessApplicable(check, reading);
  if ('impossible' in check.sabotage) {
    Object.assign(meta, { outcome: 'impossible', verdict: 'skip', reason: check.sabotage.impossible });
    context.skip(check.sabotage.impossible);
    return;
  }
  const outcome = await outcomeOfMutant(check, check.sabotage, group ?? { members: [{ check, reading }] });
  Object.assign(meta, outcome);
  if (outcome.outcome === 'impossible') {
    meta.verdict = 'skip';
    context.skip(outcome.reason);
  }
  // an assertion of this test's own: of those that share a fault, only the first makes any while it is at work
  expect(outcome.outcome, `${check.id} ${outcome.outcome}: ${outcome.reason}`).toBe('killed');
  meta.verdict = 'pass';
}

async function outcomeOfMutant(check: DeclaredCheck, sabotage: PossibleSabotage, group: Group): Promise<Outcome> {
  try {
    const outcomes = await outcomesOf(sabotage, group);
    return outcomes.get(check.id) ?? { outcome: 'error', reason: 'it was not among those that share its fault' };
  } catch (error) {
    // a fault that could not be applied or taken back is an outcome too: the list of mutants must say why
    return { outcome: 'error', reason: messageOf(error) };
  }
}

/** By the ids of the group: another area may use the same fault for checks of its own. */
const shared = new Map<string, Promise<ReadonlyMap<string, Outcome>>>();

function outcomesOf(sabotage: PossibleSabotage, group: Group): Promise<ReadonlyMap<string, Outcome>> {
  if (group.members.length === 1) return runMutants(sabotage, group);
  const key = group.members.map(({ check }) => check.id).join(' ');
  const outcomes = shared.get(key) ?? runMutants(sabotage, group);
  shared.set(key, outcomes);
  return outcomes;
}

async function runMutants(sabotage: PossibleSabotage, group: Group): Promise<ReadonlyMap<string, Outcome>> {
  const { members, bystanders } = group;
  const before = await observeAll(members);
  if (before.every(({ verdict }) => verdict !== 'pass'))
    return outcomesFrom(members, { before, mutated: [], after: [] });
  await bystanders?.learn();
  note(members, `--- fault: ${sabotage.name}`);
  const { observed: mutated, radius } = await observeUnderFault(sabotage, group);
  note(members, '--- undone');
  const after = await observeAll(members);
  const outcomes = outcomesFrom(members, { before, mutated, after });
  if (radius === undefined || bystanders === undefined) return outcomes;
  const blastRadius = await bystanders.afterUndo(radius);
  return new Map([...outcomes].map(([id, outcome]) => [id, { ...outcome, blastRadius }]));
}

type Step = 'before' | 'mutated' | 'after';

function outcomesFrom(
  group: readonly Mutated[],
  seen: Record<Step, readonly Observed[]>,
): ReadonlyMap<string, Outcome> {
  return new Map(
    group.map(({ check, reading }, index) => {
      const { before, mutated, after } = seen;
      const outcome = outcomeOf(check, { before: before[index], mutated: mutated[index], after: after[index] });
      reading.evidence.note(`${outcome.outcome}: ${outcome.reason}`);
      return [check.id, outcome];
    }),
  );
}

type Observations = Record<Step, Observed | undefined>;

function outcomeOf(check: DeclaredCheck, { before, mutated, after }: Observations): Outcome {
  const broken = (when: string, observed?: Observed): Outcome => ({
    outcome: 'error',
    reason: `the check does not hold ${when}: ${observed?.verdict}: ${observed?.message}`,
  });
  const hasOwnMessage = (observed: Observed) =>
    'fails' in check.sabotage && check.sabotage.fails.test(observed.message);
  // a finding of this target, by the very message that the fault is to bring about: there is nothing left to break
  if (before?.verdict === 'fail' && hasOwnMessage(before))
    return { outcome: 'impossible', reason: `${alreadyRed} (${before.message})` };
  if (before?.verdict === 'fail') return { outcome: 'error', reason: `${alreadyRed} (${before.message})` };
  if (before?.verdict !== 'pass') return broken('before the fault', before);
  if (after?.verdict !== 'pass') return broken('again after the undo', after);
  if (mutated === undefined || mutated.verdict === 'pass')
    return { outcome: 'survived', reason: 'the check stays green under the fault' };
  if (mutated.verdict !== 'fail')
    return { outcome: 'error', reason: `${mutated.verdict} is no kill: ${mutated.message}` };
  if (hasOwnMessage(mutated)) return { outcome: 'killed', reason: mutated.message };
  return { outcome: 'survived', reason: `the check fails for another reason: ${mutated.message}` };
}

type UnderFault = { readonly observed: readonly Observed[]; readonly radius?: SideEffects };

async function observeUnderFault(sabotage: PossibleSabotage, group: Group): Promise<UnderFault> {
  const [first] = group.members;
  if (!first) return { observed: [] };
  const { target } = first.reading;
  try {
    if (sabotage.at !== undefined) return { observed: await observeStruck(sabotage, group.members) };
    return await observeMutated(sabotage, group);
  } finally {
    await target.invalidate();
  }
}

async function observeMutated(sabotage: PossibleSabotage, { members, bystanders }: Group): Promise<UnderFault> {
  const undo = await applyFault(sabotage, members);
  try {
    const observed = await observeAll(members);
    // a fault that nobody noticed says nothing by what it does to others
    if (!bystanders || !observed.some(({ verdict }) => verdict === 'fail')) return { observed };
    return { observed, radius: await bystanders.under(members.map(({ check }) => check)) };
  } finally {
    await undo();
  }
}

/** A fault in the middle of `verify` is gone with it, before anybody else could be looked at. */
async function observeStruck(sabotage: PossibleSabotage, members: readonly Mutated[]): Promise<Observed[]> {
  let hasStruck = false;
  const observed = await observeAll(members, async (stage) => {
    if (stage !== sabotage.at || hasStruck) return undefined;
    hasStruck = true;
    return await applyFault(sabotage, members);
  });
  if (hasStruck) return observed;
  const message = `verify never reached the stage "${sabotage.at}"`;
  return members.map(() => ({ verdict: 'error', message }));
}

async function applyFault(sabotage: PossibleSabotage, members: readonly Mutated[]): Promise<() => Promise<void>> {
  const [first] = members;
  if (!first) return async () => {};
  const { target, host } = first.reading;
  return await sabotage.by({ target, host });
}

async function observeAll(group: readonly Mutated[], strike?: InjectAtStage): Promise<Observed[]> {
  const observed: Observed[] = [];
  for (const { check, reading } of group) observed.push(await observe(check, reading, strike));
  return observed;
}

/** Judges a check once, as it stands; nothing is thrown. */
export async function observe(
  check: DeclaredCheck,
  reading: Mutated['reading'],
  strike?: InjectAtStage,
): Promise<Observed> {
  try {
    await verifyWhenPossible(check, reading, strike);
    return { verdict: 'pass', message: '' };
  } catch (error) {
    if (error instanceof Blocked) return { verdict: 'blocked', message: error.message, blockedBy: error.by };
    return { verdict: verdictOf(error), message: messageOf(error) };
  }
}

function note(group: readonly Mutated[], text: string): void {
  for (const { reading } of group) reading.evidence.note(text);
}
