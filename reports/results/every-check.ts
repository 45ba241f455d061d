import { ruleConformance } from './conformance.ts';
import type { JudgedCheck, Results } from './results.schema.ts';

/** Every check the run was to judge: one without a verdict stands here as an error, so that no report loses it. */
export function everyCheck(results: Results): JudgedCheck[] {
  const reason = `never judged: ${results.incomplete ?? 'its spec reported no result'}`;
  const unjudged = (results.notJudged ?? []).map(
    (check) => ({ ...check, verdict: 'error', reason, durationMs: 0 }) as const,
  );
  return [...results.checks, ...unjudged];
}

/**
 * The same for formats that know cases only. A gated check that is blocked reads as skipped there, and a reader takes
 * that for green: where the target as a whole is inconclusive, a case of its own (CONFORMANCE, an error) says so.
 */
export function everyCase(results: Results): JudgedCheck[] {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  if (conformance !== 'inconclusive') return everyCheck(results);
  const reason = `inconclusive: ${because.join('; ')}`;
  const title = 'the target is judged to the end';
  const target = { id: 'CONFORMANCE', area: 'conformance', level: 'MUST', title, verdict: 'error' } as const;
  return [...everyCheck(results), { ...target, reason, durationMs: 0 }];
}
