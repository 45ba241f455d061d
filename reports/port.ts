import type { Reporter } from 'vitest/node';
import type { RunContext, RunListener, TargetContext } from '../harness/verdicts/run-listener.ts';
import type { CheckResult } from '../harness/verdicts/verdict.ts';
import { createAllureReporter } from './allure/reporter.ts';
import type { BaselineOptions } from './compare/baseline.ts';
import { createListeners } from './live/listeners.ts';
import type { Waiver } from './waivers/waivers.schema.ts';

export { writeFileAtomic } from '../harness/this-machine/atomic-write.ts';
export { withRuns } from './bundle/open-bundle.ts';
export { exportCommand, reportCommand } from './commands.ts';
export { differsFromBaseline } from './compare/baseline.ts';
export { compareCommand } from './compare/command.ts';
export { readBaselines } from './compare/read-baselines.ts';
export { requireExportFormat } from './formats/registry.ts';
export { exitCodeOfRun, resultsOfRun } from './results/finished-run.ts';
export { checkWaiversCommand } from './waivers/command.ts';
export { readWaivers } from './waivers/read-waivers.ts';

/** All that the command line asks of reports/; it loads this module by its path, so that harness imports nothing from here. */
export function openReports(
  run: RunContext,
  options: { live: boolean; waivers: readonly Waiver[]; baseline?: BaselineOptions; history?: string },
): RunListener[] {
  return createListeners({ run, ...options });
}

export function targetReporters(target: TargetContext, judged: (id: string) => CheckResult | undefined): Reporter[] {
  return [createAllureReporter({ target, judged })];
}
