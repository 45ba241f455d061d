import type { Level, Verdict } from '../../harness/verdicts/verdict.ts';
import type { Conformance, JudgedCheck, Results, VerdictCounts } from './results.schema.ts';

export const defaultGate: readonly Level[] = ['MUST'];

export const worstFirst: readonly Verdict[] = ['error', 'fail', 'blocked', 'skip', 'pass'];

type Judged = Pick<JudgedCheck, 'id' | 'level' | 'verdict' | 'reason' | 'blockedBy' | 'waiver'>;

type ConformanceInput = Pick<Results, 'incomplete' | 'ratchet'> & {
  readonly checks: readonly Judged[];
  readonly notJudged?: readonly { readonly id: string }[];
};

type Ruling = { readonly conformance: Conformance; readonly because: readonly string[] };

/**
 * The rule, worst first. A gated check that is blocked by a failed check is excused only where that leaves a gated
 * failure to report: without one, green would claim something that nobody looked at.
 */
export function ruleConformance(input: ConformanceInput, gate = defaultGate): Ruling {
  const gated = input.checks.filter(({ level }) => gate.includes(level));
  const doubts = doubtsAbout(input, gated);
  if (doubts.length > 0) return { conformance: 'inconclusive', because: doubts };
  const failed = gated.filter(({ verdict, waiver }) => verdict === 'fail' && waiver?.state !== 'expected');
  // of any level: a waiver that nobody needs any more would hide the next failure
  const failures = [...listed('failed', failed), ...listed('stale waivers', input.checks.filter(isStale))];
  if (failures.length > 0) return { conformance: 'non-conformant', because: failures };
  const blocked = gated.filter(({ verdict }) => verdict === 'blocked');
  const because = listed('blocked by a check that does not gate', blocked);
  return { conformance: blocked.length > 0 ? 'inconclusive' : 'conformant', because };
}

function doubtsAbout({ checks, notJudged = [], incomplete, ratchet }: ConformanceInput, gated: readonly Judged[]) {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const errors = checks.filter(({ verdict }) => verdict === 'error');
  const unexplained = gated.filter((check) => check.verdict === 'blocked' && !isBlockedByFailure(check, byId));
  const unreasoned = gated.filter((check) => check.verdict === 'skip' && !check.reason?.trim());
  const judged = judgedCount(checks);
  // a check that is blocked by a failure is accounted for: the failure is reported
  const accounted = judged + checks.filter((check) => isBlockedByFailure(check, byId)).length;
  const doubts = [
    ...(incomplete === undefined ? [] : [incomplete || 'the target was not judged to the end']),
    ...listed('never judged', notJudged),
    ...listed('could not be judged', errors),
    ...listed('blocked by something other than a failed check', unexplained),
    ...listed('skipped without a reason', unreasoned),
  ];
  if (judged === 0) doubts.push('nothing ran');
  if (ratchet && accounted < ratchet.judged)
    doubts.push(`judged ${judged} of the ${ratchet.judged} checks that were judged on ${ratchet.date}`);
  return doubts;
}

/** Checks whose claim was found to hold or not to hold; a skip, a blocked check and an error say nothing of it. */
export function judgedCount(checks: readonly Pick<Judged, 'verdict'>[]): number {
  return checks.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail').length;
}

export function isStale({ waiver }: Pick<JudgedCheck, 'waiver'>): boolean {
  return waiver !== undefined && waiver.state !== 'expected';
}

/** Follows a chain of blocked checks to its end, which must be a failure in the same results. */
function isBlockedByFailure(check: Judged, checks: ReadonlyMap<string, Judged>): boolean {
  const seen = new Set<string>();
  let at: Judged | undefined = check;
  while (at?.verdict === 'blocked' && !seen.has(at.id)) {
    seen.add(at.id);
    at = checks.get(at.blockedBy ?? '');
  }
  return check.verdict === 'blocked' && at?.verdict === 'fail';
}

function listed(what: string, checks: readonly { readonly id: string }[]): string[] {
  if (checks.length === 0) return [];
  const shown = checks.slice(0, 8).map(({ id }) => id);
  const more = checks.length - shown.length;
  return [`${what}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

/** What `rdc run` exits with: 3 where anything was not judged, 1 where a gated check failed, 0 otherwise. */
export function exitCodeOf(results: readonly Results[], gate?: readonly Level[]): 0 | 1 | 3 {
  const rulings = results.map((one) => ruleConformance(one, gate ?? one.run.gate).conformance);
  if (rulings.length === 0 || rulings.includes('inconclusive')) return 3;
  return rulings.includes('non-conformant') ? 1 : 0;
}

export function countVerdicts(checks: readonly Pick<JudgedCheck, 'verdict' | 'flaky'>[]): VerdictCounts {
  const ledger = { total: checks.length, pass: 0, fail: 0, skip: 0, blocked: 0, error: 0, flaky: 0 };
  for (const { verdict, flaky } of checks) {
    ledger[verdict] += 1;
    if (flaky) ledger.flaky += 1;
  }
  return ledger;
}

/** Every check the run was to judge: one without a verdict stands here as an error, so that no report loses it. */
export function everyCheck({ checks, notJudged = [], incomplete }: Results): JudgedCheck[] {
  const reason = `never judged: ${incomplete ?? 'its spec reported no result'}`;
  return [...checks, ...notJudged.map((check) => ({ ...check, verdict: 'error', reason, durationMs: 0 }) as const)];
}

/** For formats whose readers take skipped, and so blocked, for green: an inconclusive target has the error CONFORMANCE. */
export function everyCase(results: Results): JudgedCheck[] {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  if (conformance !== 'inconclusive') return everyCheck(results);
  const reason = `inconclusive: ${because.join('; ')}`;
  const title = 'the target is judged to the end';
  const target = { id: 'CONFORMANCE', area: 'conformance', level: 'MUST', title, verdict: 'error' } as const;
  return [...everyCheck(results), { ...target, reason, durationMs: 0 }];
}
