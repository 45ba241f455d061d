import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import { createTerminal } from '../terminal/listener.ts';
import { outputOf } from '../terminal/output.ts';

/**
 * All that `rdc doctor TARGET` asks of reports/, without what only a run needs (Allure alone takes a second to load):
 * the results and what a person reads at once. No report is built, and `latest` stays the last run.
 */
export function openInspectionListeners(run: RunContext): RunListener[] {
  const records: TargetRecords = new Map();
  return [createResultsFile(run, records), createTerminal(records, { output: outputOf(run), run, live: false })];
}
