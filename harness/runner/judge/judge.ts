import type { CheckDeclaration } from '../../verdicts/run-listener.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckMeta } from '../protocol/protocol.ts';

/** What vitest observed of a test, whatever the test reported. */
export type RunnerWord = {
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly errors: readonly string[];
  readonly durationMs: number;
};

/**
 * The verdict on one check: vitest has the last word, and the worst wins. A test that wrote `pass` of itself and
 * then timed out, broke in a hook or made no assertion is an error; one that wrote nothing is an error.
 */
export function judge(check: CheckDeclaration, meta: CheckMeta, runner: RunnerWord): CheckResult {
  const { id, area, level, title } = check;
  const { verdict, reason = '', blockedBy, finding, evidence } = meta;
  const { state } = runner;
  const errors = runner.errors.join('; ');
  const durationMs = Math.round(runner.durationMs);
  const base = { id, area, level, title, durationMs, ...(evidence === undefined ? {} : { evidence }) };
  const error = (why: string): CheckResult => ({ ...base, verdict: 'error', reason: why });
  switch (verdict) {
    case 'pass':
      if (state === 'passed') return { ...base, verdict };
      return error(errors || `the check reported pass, but vitest reported ${state}`);
    case 'skip':
      if (state === 'skipped' && reason !== '') return { ...base, verdict, reason };
      return error(errors || 'skipped without a reason');
    case 'blocked':
      if (state === 'skipped' && blockedBy) return { ...base, verdict, reason, blockedBy };
      return error(errors || 'blocked without naming a check');
    case 'fail':
      // one error is the failed assertion itself; a second one is a hook or an undo that broke on top of it
      if (state !== 'failed') return error(`the check reported fail, but vitest reported ${state}`);
      if (runner.errors.length > 1) return error(errors);
      return { ...base, verdict, reason, ...(finding ? { finding } : {}) };
    case 'error':
      return error(reason || errors || 'no reason was given');
    default: {
      const silent =
        state === 'pending' ? 'still pending when the run ended' : `the check ended as ${state} without a verdict`;
      return error(errors || silent);
    }
  }
}
