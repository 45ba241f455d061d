import { RdcError } from '../messages/errors.ts';

export const verdicts = ['pass', 'fail', 'skip', 'blocked', 'error'] as const;
export type Verdict = (typeof verdicts)[number];

/** `MAY` informs; it is a word of results.json that no check of this suite has. */
export const levels = ['MUST', 'SHOULD', 'MAY', 'LIMITATION', 'WORKAROUND'] as const;
export type Level = (typeof levels)[number];

/** What a failed limitation was found to be: `lifted` (it works now) or `differs` (it fails in another way). */
export type Finding = 'lifted' | 'differs';

/** One judged check, as results.json keeps it. `reason` is set for every verdict but pass. */
export type CheckResult = {
  readonly id: string;
  readonly area: string;
  readonly level: Level;
  readonly title: string;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly finding?: Finding;
  readonly blockedBy?: string;
  readonly durationMs: number;
  /** Repeated after a failure, the check gave different answers; the verdict stays the failure. */
  readonly flaky?: boolean;
  /** Path of the evidence file, relative to the target's run folder. */
  readonly evidence?: string;
};

/** Only a failed `expect` is a claim about the target; anything else could not be judged. */
export function verdictOf(error: unknown): 'fail' | 'error' {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof RdcError) return 'error';
  const isAssertion =
    error instanceof Error && error.name === 'AssertionError' && 'actual' in error && 'expected' in error;
  return isAssertion ? 'fail' : 'error';
}
