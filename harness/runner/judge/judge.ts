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
  const base = {
    id,
    area,
    level,
    title,
    durationMs: Math.round(runner.durationMs),
    ...(meta.evidence === undefined ? {} : { evidence: meta.evidence }),
  };
  const error = (reason: string): CheckResult => ({ ...base, verdict: 'error', reason });
  const said = meta.reason ?? '';
  switch (meta.verdict) {
    case 'pass':
      if (runner.state === 'passed') return { ...base, verdict: 'pass' };
      return error(runner.errors.join('; ') || `the check reported pass, but vitest reported ${runner.state}`);
    case 'skip':
      if (runner.state === 'skipped' && said !== '') return { ...base, verdict: 'skip', reason: said };
      return error(runner.errors.join('; ') || 'skipped without a reason');
    case 'blocked':
      if (runner.state === 'skipped' && meta.blockedBy)
        return { ...base, verdict: 'blocked', reason: said, blockedBy: meta.blockedBy };
      return error(runner.errors.join('; ') || 'blocked without naming a check');
    case 'fail': {
      // one error is the failed assertion itself; a second one is a hook or an undo that broke on top of it
      if (runner.state !== 'failed') return error(`the check reported fail, but vitest reported ${runner.state}`);
      if (runner.errors.length > 1) return error(runner.errors.join('; '));
      return { ...base, verdict: 'fail', reason: said, ...(meta.finding ? { finding: meta.finding } : {}) };
    }
    case 'error':
      return error(said || runner.errors.join('; ') || 'no reason was given');
    default:
      return error(runner.errors.join('; ') || saidNothing(runner.state));
  }
}

function saidNothing(state: RunnerWord['state']): string {
  return state === 'pending' ? 'still pending when the run ended' : `the check ended as ${state} without a verdict`;
}
