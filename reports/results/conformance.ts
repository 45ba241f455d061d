import type { Level } from '../../harness/verdicts/verdict.ts';
import type { Conformance, JudgedCheck, Results } from './results.schema.ts';

/** The levels that gate where neither the run nor the caller says otherwise. */
export const defaultGate: readonly Level[] = ['MUST'];

type Judged = Pick<JudgedCheck, 'id' | 'level' | 'verdict' | 'reason' | 'blockedBy' | 'waiver'>;

export type ConformanceInput = {
  readonly checks: readonly Judged[];
  readonly notJudged?: readonly { readonly id: string }[];
  readonly incomplete?: string;
  /** how many checks were judged when the machine was last verified */
  readonly ratchet?: { readonly judged: number; readonly date: string };
};

export type ConformanceRuling = { readonly conformance: Conformance; readonly because: readonly string[] };

/**
 * The rule, worst first. A gated check that is blocked by a failed check is excused only where that leaves a gated
 * failure to report: without one, green would claim something that nobody looked at.
 */
export function ruleConformance(input: ConformanceInput, gate: readonly Level[] = defaultGate): ConformanceRuling {
  const doubts = doubtsAbout(input, gate);
  if (doubts.length > 0) return { conformance: 'inconclusive', because: doubts };

  const gated = input.checks.filter(({ level }) => gate.includes(level));
  const failed = gated.filter(({ verdict, waiver }) => verdict === 'fail' && waiver?.state !== 'expected');
  // of any level: a waiver that nobody needs any more would hide the next failure
  const stale = input.checks.filter(({ waiver }) => waiver !== undefined && waiver.state !== 'expected');
  if (failed.length + stale.length > 0) {
    const because = [
      failed.length > 0 ? `failed: ${idsOf(failed)}` : '',
      stale.length > 0 ? `stale waivers: ${idsOf(stale)}` : '',
    ];
    return { conformance: 'non-conformant', because: because.filter(Boolean) };
  }

  const blocked = gated.filter(({ verdict }) => verdict === 'blocked');
  if (blocked.length > 0) {
    return { conformance: 'inconclusive', because: [`blocked by a check that does not gate: ${idsOf(blocked)}`] };
  }
  return { conformance: 'conformant', because: [] };
}

function doubtsAbout(input: ConformanceInput, gate: readonly Level[]): string[] {
  const { checks, notJudged = [], incomplete, ratchet } = input;
  const verdictOf = new Map(checks.map((check) => [check.id, check]));
  const errors = checks.filter(({ verdict }) => verdict === 'error');
  const gated = checks.filter(({ level }) => gate.includes(level));
  const unexplained = gated.filter((check) => check.verdict === 'blocked' && !isBlockedByFailure(check, verdictOf));
  const unreasoned = gated.filter((check) => check.verdict === 'skip' && !check.reason?.trim());
  const judged = judgedCount(checks);
  // who is blocked by a failure that is shown is accounted for: that failure is what there is to say
  const accounted = judged + checks.filter((check) => isBlockedByFailure(check, verdictOf)).length;
  return [
    incomplete === undefined ? '' : incomplete || 'the target was not judged to the end',
    notJudged.length > 0 ? `never judged: ${idsOf(notJudged)}` : '',
    errors.length > 0 ? `could not be judged: ${idsOf(errors)}` : '',
    unexplained.length > 0 ? `blocked by something other than a failed check: ${idsOf(unexplained)}` : '',
    unreasoned.length > 0 ? `skipped without a reason: ${idsOf(unreasoned)}` : '',
    judged === 0 ? 'nothing ran' : '',
    ratchet && accounted < ratchet.judged
      ? `judged ${judged} of the ${ratchet.judged} checks that were judged on ${ratchet.date}`
      : '',
  ].filter(Boolean);
}

/** Checks whose claim was found to hold or not to hold; a skip, a blocked check and an error say nothing of it. */
export function judgedCount(checks: readonly Pick<Judged, 'verdict'>[]): number {
  return checks.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail').length;
}

/** Follows a chain of blocked checks to its end, which must be a failure in the same results. */
function isBlockedByFailure(check: Judged, checks: ReadonlyMap<string, Judged>): boolean {
  const seen = new Set<string>();
  if (check.verdict !== 'blocked') return false;
  for (let at: Judged | undefined = check; at; at = at.blockedBy === undefined ? undefined : checks.get(at.blockedBy)) {
    if (at.verdict !== 'blocked') return at.verdict === 'fail';
    if (seen.has(at.id)) return false;
    seen.add(at.id);
  }
  return false;
}

function idsOf(checks: readonly { readonly id: string }[]): string {
  const shown = checks.slice(0, 8).map(({ id }) => id);
  const more = checks.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** What `rdc run` exits with: 3 where anything was not judged, 1 where a gated check failed, 0 otherwise. */
export function exitCodeOf(results: readonly Results[], gate?: readonly Level[]): 0 | 1 | 3 {
  const rulings = results.map((one) => ruleConformance(one, gate ?? one.run.gate ?? defaultGate).conformance);
  if (rulings.length === 0 || rulings.includes('inconclusive')) return 3;
  return rulings.includes('non-conformant') ? 1 : 0;
}
