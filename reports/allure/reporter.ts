import type { TestResult } from 'allure-js-commons';
import AllureVitestReporter from 'allure-vitest/reporter';
import type { TestModule, Vitest } from 'vitest/node';
import { plainLine } from '../../harness/messages/plain-text.ts';
import type { TargetContext } from '../../harness/verdicts/run-listener.ts';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import { declarationOf, judgedCheck } from '../recording/target-record.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import { allureResultsOf, completeResult } from './check-writer.ts';

export type AllureReporterOptions = {
  readonly target: TargetContext;
  /** The verdict on a check, asked when vitest's run has ended. */
  readonly judged: (id: string) => CheckResult | undefined;
  /** The vitest project whose tests are this target's, where one vitest runs several targets. */
  readonly project?: string;
};

/**
 * allure-vitest with our verdicts. It guesses failed or broken from the error's text, drops why a test was skipped, and
 * gives one spec on two targets one history; a lifecycle listener, which is its public way in, corrects each result
 * before it is written. What it never reports (a spec that did not load, tests that never ran) `completeAllureResults`
 * adds when the target has ended.
 */
export function createAllureReporter(options: AllureReporterOptions): AllureVitestReporter {
  return new TargetAllureReporter(options);
}

class TargetAllureReporter extends AllureVitestReporter {
  readonly #project: string | undefined;

  constructor({ target, judged, project }: AllureReporterOptions) {
    const beforeTestResultWrite = (result: TestResult) =>
      completeResult(result, target, checkOf(result, target, judged));
    super({ resultsDir: allureResultsOf(target), listeners: [{ beforeTestResultWrite }] });
    this.#project = project;
  }

  // A second one of these on the same vitest would name allure-vitest's runner as the runner it extends: a loop.
  override onInit(vitest: Vitest): void {
    for (const { config } of vitest.projects) {
      if (config.runner?.includes('allure-vitest')) delete config.runner;
    }
    super.onInit(vitest);
  }

  override onTestRunEnd(modules: readonly TestModule[]): void {
    super.onTestRunEnd(modules.filter(({ project }) => this.#project === undefined || project.name === this.#project));
  }
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
