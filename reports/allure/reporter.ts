import type { TestResult } from 'allure-js-commons';
import AllureVitestReporter from 'allure-vitest/reporter';
import { plainLine } from '../../harness/messages/plain-text.ts';
import type { TargetContext } from '../../harness/verdicts/run-listener.ts';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import { declarationOf, judgedCheck } from '../recording/target-record.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import { allureResultsOf, completeResult } from './check-result.ts';

export type AllureReporterOptions = {
  readonly target: TargetContext;
  readonly judged: (id: string) => CheckResult | undefined;
};

/**
 * allure-vitest with our verdicts. It guesses failed or broken from the error's text, drops why a test was skipped, and
 * gives one spec on two targets one history: each result is corrected before it is written. What it never reports (a spec
 * that did not load, tests that never ran) `completeAllureResults` adds when the target has ended.
 */
export function createAllureReporter({ target, judged }: AllureReporterOptions): AllureVitestReporter {
  const beforeTestResultWrite = (result: TestResult) => completeResult(result, target, checkOf(result, target, judged));
  return new AllureVitestReporter({
    resultsDir: allureResultsOf(target.folder),
    listeners: [{ beforeTestResultWrite }],
  });
}

function checkOf(result: TestResult, target: TargetContext, judged: AllureReporterOptions['judged']): JudgedCheck {
  const title = plainLine(result.name ?? '');
  const id = title.split(':', 1)[0] ?? '';
  const declared = target.expected.find((check) => check.id === id);
  const known = judged(id);
  if (known) return judgedCheck(known, declared);
  const unknown = { id, area: 'undeclared', level: 'MUST', title } as const;
  const reason = declared ? 'never judged: the test ended without a verdict' : 'not a declared check';
  return { ...(declared ? declarationOf(declared) : unknown), verdict: 'error', reason, durationMs: 0 };
}
