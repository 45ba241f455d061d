import { expect } from 'vitest';
import type { DeclaredCheck, Fault } from '../../checks/check.ts';
import { type Failure, failureOf } from '../../checks/expect.ts';
import { isNamed } from '../../checks/faults.ts';
import { messageOf } from '../../messages/error-text.ts';
import { alreadyRed, type Outcome, type SideEffects } from '../../verdicts/fault-outcome.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import { Blocked } from '../verify/preconditions.ts';
import { type InjectAtStage, type ModeContext, verifyWhenPossible } from '../verify/verify.ts';
import { skipUnlessApplicable } from './conformance.ts';
import type { Bystanders } from './side-effects.ts';

type Observed = {
  readonly verdict: 'pass' | 'fail' | 'error' | 'blocked';
  readonly message: string;
  readonly blockedBy?: string;
  readonly failure?: Failure;
};

/** A check and what it may use; one of those that the same fault is to turn red. */
export type Subject = { readonly check: DeclaredCheck; readonly mode: Omit<ModeContext, 'context'> };

/** The checks that share a fault, and those that are judged beside them when its side effects are asked for. */
export type Group = { readonly members: readonly Subject[]; readonly bystanders?: Bystanders };

/**
 * Does the check notice when its claim is not so? It must hold, fail under the fault by an expectation that the
 * fault names, and hold again after the undo. An error under the fault is no kill: a lost connection would look like one.
 * `group` has the checks that share the fault: it is applied once for all of them, at the turn of the first.
 */
export async function runFaultTest(check: DeclaredCheck, mode: ModeContext, group?: Group): Promise<void> {
  const { context } = mode;
  const { meta } = context.task;
  skipUnlessApplicable(check, mode);
  const outcome = await outcomeInGroup(check, group ?? { members: [{ check, mode }] });
  Object.assign(meta, outcome);
  if (outcome.outcome === 'impossible') {
    meta.verdict = 'skip';
    context.skip(outcome.reason);
  }
  // an assertion of this test's own: of those that share a fault, only the first makes any while it is at work
  expect(outcome.outcome, `${check.id} ${outcome.outcome}: ${outcome.reason}`).toBe('killed');
  meta.verdict = 'pass';
}

async function outcomeInGroup(check: DeclaredCheck, group: Group): Promise<Outcome> {
  try {
    const outcomes = await outcomesOf(check.fault, group);
    return outcomes.get(check.id) ?? { outcome: 'error', reason: 'no outcome was reported' };
  } catch (error) {
    // a fault that could not be applied or taken back is an outcome too: the list of faults must say why
    return { outcome: 'error', reason: messageOf(error) };
  }
}

/** By the ids of the group: another area may use the same fault for checks of its own. */
const shared = new Map<string, Promise<ReadonlyMap<string, Outcome>>>();

function outcomesOf(fault: Fault, group: Group): Promise<ReadonlyMap<string, Outcome>> {
  if (group.members.length === 1) return tryFault(fault, group);
  const key = group.members.map(({ check }) => check.id).join(' ');
  const outcomes = shared.get(key) ?? tryFault(fault, group);
  shared.set(key, outcomes);
  return outcomes;
}

async function tryFault(fault: Fault, group: Group): Promise<ReadonlyMap<string, Outcome>> {
  const { members, bystanders } = group;
  const before = await observeAll(members);
  if (before.every(({ verdict }) => verdict !== 'pass')) return outcomesFrom(members, { before, under: [], after: [] });
  await bystanders?.learn();
  note(members, `--- fault: ${fault.name}`);
  const { observed: under, effects } = await observeUnderFault(fault, group);
  note(members, '--- undone');
  const after = await observeAll(members);
  const outcomes = outcomesFrom(members, { before, under, after });
  if (effects === undefined || bystanders === undefined) return outcomes;
  const sideEffects = await bystanders.afterUndo(effects);
  return new Map([...outcomes].map(([id, outcome]) => [id, { ...outcome, sideEffects }]));
}

type Step = 'before' | 'under' | 'after';

function outcomesFrom(
  group: readonly Subject[],
  seen: Record<Step, readonly Observed[]>,
): ReadonlyMap<string, Outcome> {
  return new Map(
    group.map(({ check, mode }, index) => {
      const { before, under, after } = seen;
      const outcome = outcomeOf(check, { before: before[index], under: under[index], after: after[index] });
      mode.evidence.note(`${outcome.outcome}: ${outcome.reason}`);
      return [check.id, outcome];
    }),
  );
}

type Observations = Record<Step, Observed | undefined>;

function outcomeOf({ fault }: DeclaredCheck, { before, under, after }: Observations): Outcome {
  const broken = (when: string, observed?: Observed): Outcome => ({
    outcome: 'error',
    reason: `the check is not green ${when}: ${observed?.verdict}: ${observed?.message}`,
  });
  const isMeant = ({ failure: { label, finding } = {} }: Observed) =>
    label !== undefined && isNamed(label, fault.breaks) && (fault.finding ?? finding) === finding;
  // a finding of this target, by the very expectation that the fault is to break: there is nothing left to break
  if (before?.verdict === 'fail' && isMeant(before))
    return { outcome: 'impossible', reason: `${alreadyRed} (${before.message})` };
  if (before?.verdict === 'fail') return { outcome: 'error', reason: `${alreadyRed} (${before.message})` };
  if (before?.verdict !== 'pass') return broken('before the fault', before);
  if (after?.verdict !== 'pass') return broken('again after the undo', after);
  if (under === undefined || under.verdict === 'pass')
    return { outcome: 'survived', reason: 'the check stays green under the fault' };
  if (under.verdict !== 'fail')
    return { outcome: 'error', reason: `ended as ${under.verdict} instead of fail: ${under.message}` };
  if (isMeant(under)) return { outcome: 'killed', reason: under.message };
  return { outcome: 'survived', reason: `the check fails for another reason: ${under.message}` };
}

type UnderFault = { readonly observed: readonly Observed[]; readonly effects?: SideEffects };

async function observeUnderFault(fault: Fault, group: Group): Promise<UnderFault> {
  const [first] = group.members;
  if (!first) return { observed: [] };
  const { target } = first.mode;
  try {
    if (fault.at !== undefined) return { observed: await observeFromStage(fault, group.members) };
    return await observeFromStart(fault, group);
  } finally {
    await target.invalidate();
  }
}

async function observeFromStart(fault: Fault, { members, bystanders }: Group): Promise<UnderFault> {
  const undo = await inject(fault, members);
  try {
    const observed = await observeAll(members);
    // a fault that nobody noticed says nothing by what it does to others
    if (!bystanders || !observed.some(({ verdict }) => verdict === 'fail')) return { observed };
    return { observed, effects: await bystanders.under(members.map(({ check }) => check)) };
  } finally {
    await undo();
  }
}

/** A fault in the middle of `verify` is gone with it, before anybody else could be looked at. */
async function observeFromStage(fault: Fault, members: readonly Subject[]): Promise<Observed[]> {
  let isInjected = false;
  const observed = await observeAll(members, async (stage) => {
    if (stage !== fault.at || isInjected) return undefined;
    isInjected = true;
    return await inject(fault, members);
  });
  if (isInjected) return observed;
  const message = `verify never reached the stage "${fault.at}"`;
  return members.map(() => ({ verdict: 'error', message }));
}

async function inject(fault: Fault, members: readonly Subject[]): Promise<() => Promise<void>> {
  const [first] = members;
  if (!first) return async () => {};
  const { target, host } = first.mode;
  return await fault.inject({ target, host });
}

async function observeAll(group: readonly Subject[], injectAt?: InjectAtStage): Promise<Observed[]> {
  const observed: Observed[] = [];
  const alsoJudged = new Set(group.map(({ check }) => check.id));
  for (const { check, mode } of group) observed.push(await observe(check, { ...mode, alsoJudged }, injectAt));
  return observed;
}

/** Judges a check once, as it stands; nothing is thrown. */
export async function observe(
  check: DeclaredCheck,
  mode: Subject['mode'],
  injectAt?: InjectAtStage,
): Promise<Observed> {
  try {
    await verifyWhenPossible(check, mode, injectAt);
    return { verdict: 'pass', message: '' };
  } catch (error) {
    if (error instanceof Blocked) return { verdict: 'blocked', message: error.message, blockedBy: error.by };
    return { verdict: verdictOf(error), message: messageOf(error), failure: failureOf(error) };
  }
}

function note(group: readonly Subject[], text: string): void {
  for (const { mode } of group) mode.evidence.note(text);
}
