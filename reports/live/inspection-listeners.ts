import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import { createTerminal } from '../terminal/listener.ts';
import { outputOf } from '../terminal/plain-lines.ts';

/** For `rdc doctor TARGET`: no report (Allure takes a second to load), and `latest` stays the last run. */
export function openInspectionListeners(run: RunContext): RunListener[] {
  const records: TargetRecords = new Map();
  return [createResultsFile(run, records), createTerminal(records, { output: outputOf(run), run, live: false })];
}
