import type { Reporter } from 'vitest/node';
import type { ReportSink, RunContext, TargetContext } from '../harness/report-sink.ts';
import type { CheckResult, Level } from '../harness/verdict.ts';
import { createAllureReporter } from './allure/reporter.ts';
import { exitCodeOf } from './conformance.ts';
import { readRun } from './read-results.ts';
import { createLookSinks, createSinks } from './sinks.ts';
import type { Waiver } from './waivers/waivers.schema.ts';

export { writeFileAtomic } from './atomic-file.ts';
export { exportCommand, reportCommand } from './commands.ts';
export { compareCommand } from './compare/command.ts';
export { checkWaiversCommand } from './waivers/command.ts';
export { readWaivers } from './waivers/read-waivers.ts';

/** All that the command line asks of reports/; it loads this module by its path, so that harness imports nothing from here. */
export function openReports(run: RunContext, options: { live: boolean; waivers: readonly Waiver[] }): ReportSink[] {
  return createSinks({ run, ...options });
}

/** Of a look at a target in use: no report is built, and it is not the latest run. */
export function openLookReports(run: RunContext): ReportSink[] {
  return createLookSinks(run);
}

export function targetReporters(target: TargetContext, judged: (id: string) => CheckResult | undefined): Reporter[] {
  return [createAllureReporter({ target, judged })];
}

/** The exit code of a finished run, from what is on disk: the same rule for whoever reads the files later. */
export function exitCodeOfRun(folder: string, gate: readonly Level[]): 0 | 1 | 3 {
  return exitCodeOf(
    readRun(folder).map(({ results }) => results),
    gate,
  );
}

/** The results of all targets of a run, for `--json`. */
export function resultsOfRun(folder: string): unknown[] {
  return readRun(folder).map(({ results }) => results);
}
