import type { JudgedCheck, VerdictCounts } from './results.schema.ts';

export function countVerdicts(checks: readonly Pick<JudgedCheck, 'verdict' | 'flaky'>[]): VerdictCounts {
  const ledger = { total: checks.length, pass: 0, fail: 0, skip: 0, blocked: 0, error: 0, flaky: 0 };
  for (const { verdict, flaky } of checks) {
    ledger[verdict] += 1;
    if (flaky) ledger.flaky += 1;
  }
  return ledger;
}
