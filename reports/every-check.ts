import type { JudgedCheck, Results } from './results.schema.ts';

/** Every check the run was to judge: one without a verdict stands here as an error, so that no report loses it. */
export function everyCheck(results: Results): JudgedCheck[] {
  const reason = `never judged: ${results.incomplete ?? 'its spec reported no result'}`;
  const unjudged = (results.notJudged ?? []).map(
    (check) => ({ ...check, verdict: 'error', reason, durationMs: 0 }) as const,
  );
  return [...results.checks, ...unjudged];
}
