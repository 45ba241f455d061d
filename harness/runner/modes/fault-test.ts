import { expect } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { isNamed } from '../../checks/faults.ts';
import { messageOf } from '../../messages/error-text.ts';
import { alreadyRed, type Outcome, type SideEffects } from '../../verdicts/fault-outcome.ts';
import { type InjectAtStage, type Mode, type ModeContext, type Observed, observe } from '../verify/verify.ts';
import { skipUnlessApplicable } from './conformance.ts';
import type { Bystanders } from './side-effects.ts';

export type Subject = { readonly check: DeclaredCheck; readonly mode: Mode };

/** The checks that share a fault, and those that are judged beside them when its side effects are asked for. */
export type Group = { readonly members: readonly Subject[]; readonly bystanders?: Bystanders | undefined };

/**
 * Does the check notice when its claim is not so? It must hold, fail under the fault by an expectation that the
 * fault names, and hold again after the undo. An error under the fault is no kill: a lost connection would look like one.
 * `group` has the checks that share the fault: it is applied once for all of them, at the turn of the first.
 */
export async function runFaultTest(check: DeclaredCheck, mode: ModeContext, group?: Group): Promise<void> {
  const { context } = mode;
  const { meta } = context.task;
  skipUnlessApplicable(check, mode);
  const possible = check.fault.possible?.({ host: mode.host }) ?? true;
  // a fault that could not be applied or taken back is an outcome too: the list of faults must say why
  const outcome =
    possible === true
      ? await outcomeOf({ check, mode }, group).catch((error) => ended('error', messageOf(error)))
      : ended('impossible', possible);
  Object.assign(meta, outcome);
  if (outcome.outcome === 'impossible') {
    meta.verdict = 'skip';
    context.skip(outcome.reason);
  }
  // an assertion of this test's own: of those that share a fault, only the first makes any while it is at work
  expect(outcome.outcome, `${check.id} ${outcome.outcome}: ${outcome.reason}`).toBe('killed');
  meta.verdict = 'pass';
}

const ended = (outcome: Outcome['outcome'], reason: string): Outcome => ({ outcome, reason });

type Outcomes = ReadonlyMap<string, Outcome>;

/** By the ids of the group: another area may use the same fault for checks of its own. */
const shared = new Map<string, Promise<Outcomes>>();

async function outcomeOf(subject: Subject, group: Group = { members: [subject] }): Promise<Outcome> {
  const key = group.members.map(({ check }) => check.id).join(' ');
  const outcomes = shared.get(key) ?? tryFault(subject, group);
  if (group.members.length > 1) shared.set(key, outcomes);
  return (await outcomes).get(subject.check.id) ?? ended('error', 'no outcome was reported');
}

async function tryFault(subject: Subject, group: Group): Promise<Outcomes> {
  const { members, bystanders } = group;
  const before = await observeAll(members);
  if (before.every(({ verdict }) => verdict !== 'pass')) return outcomesFrom(members, before);
  await bystanders?.learn();
  note(members, `--- fault: ${subject.check.fault.name}`);
  const { observed: under, effects } = await observeUnderFault(subject, group);
  note(members, '--- undone');
  const after = await observeAll(members);
  const outcomes = outcomesFrom(members, before, under, after);
  if (effects === undefined || bystanders === undefined) return outcomes;
  const sideEffects = await bystanders.afterUndo(effects);
  return new Map([...outcomes].map(([id, outcome]) => [id, { ...outcome, sideEffects }]));
}

type Seen = readonly Observed[];

function outcomesFrom(group: readonly Subject[], before: Seen, under: Seen = [], after: Seen = []): Outcomes {
  return new Map(
    group.map(({ check, mode }, index) => {
      const outcome = outcomeFrom(check, { before: before[index], under: under[index], after: after[index] });
      mode.evidence.note(`${outcome.outcome}: ${outcome.reason}`);
      return [check.id, outcome];
    }),
  );
}

type Observations = Readonly<Record<'before' | 'under' | 'after', Observed | undefined>>;

function outcomeFrom({ fault }: DeclaredCheck, { before, under, after }: Observations): Outcome {
  const isMeant = ({ failure: { label, finding } = {} }: Observed) =>
    label !== undefined && isNamed(label, fault.breaks) && (fault.finding ?? finding) === finding;
  // a finding of this target; by the very expectation that the fault is to break there is nothing left to break
  if (before?.verdict === 'fail')
    return ended(isMeant(before) ? 'impossible' : 'error', `${alreadyRed} (${before.message})`);
  for (const [when, seen] of Object.entries({ 'before the fault': before, 'again after the undo': after })) {
    if (seen?.verdict !== 'pass')
      return ended('error', `the check is not green ${when}: ${seen?.verdict}: ${seen?.message}`);
  }
  if (under === undefined || under.verdict === 'pass')
    return ended('survived', 'the check stays green under the fault');
  if (under.verdict !== 'fail') return ended('error', `ended as ${under.verdict} instead of fail: ${under.message}`);
  if (isMeant(under)) return ended('killed', under.message);
  return ended('survived', `the check fails for another reason: ${under.message}`);
}

type UnderFault = { readonly observed: Seen; readonly effects?: SideEffects };

async function observeUnderFault(subject: Subject, group: Group): Promise<UnderFault> {
  try {
    if (subject.check.fault.at === undefined) return await observeFromStart(subject, group);
    return { observed: await observeFromStage(subject, group.members) };
  } finally {
    await subject.mode.target.invalidate();
  }
}

const inject = ({ check, mode: { target, host } }: Subject) => check.fault.inject({ target, host });

async function observeFromStart(subject: Subject, { members, bystanders }: Group): Promise<UnderFault> {
  const undo = await inject(subject);
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
async function observeFromStage(subject: Subject, members: readonly Subject[]): Promise<Seen> {
  const { at } = subject.check.fault;
  let isInjected = false;
  const observed = await observeAll(members, async (stage) => {
    if (stage !== at || isInjected) return undefined;
    isInjected = true;
    return await inject(subject);
  });
  if (isInjected) return observed;
  return members.map(() => ({ verdict: 'error', message: `verify never reached the stage "${at}"` }));
}

async function observeAll(group: readonly Subject[], injectAt?: InjectAtStage): Promise<Observed[]> {
  const observed: Observed[] = [];
  const alsoJudged = new Set(group.map(({ check }) => check.id));
  for (const { check, mode } of group) observed.push(await observe(check, { ...mode, alsoJudged }, injectAt));
  return observed;
}

function note(group: readonly Subject[], text: string): void {
  for (const { mode } of group) mode.evidence.note(text);
}
