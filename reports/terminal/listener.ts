import { join } from 'node:path';
import { renderError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import type { BuiltReport } from '../allure/listener.ts';
import { type BaselineOptions, baselineSummary } from '../compare/baseline.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import type { Results } from '../results/results.schema.ts';
import { createStyle, type Style } from '../wording/style.ts';
import { createLiveList } from './live-list.ts';
import type { Output } from './output.ts';
import { createPlainLines } from './plain-lines.ts';
import { conclusionLine, reportLines, resultsLine, targetSummary } from './summary.ts';

export type TerminalOptions = {
  readonly run: RunContext;
  readonly live: boolean;
  readonly output: Output;
  /** awaited before the summary, which says where the report is; absent where none is built */
  readonly built?: Promise<BuiltReport>;
  readonly baseline?: BaselineOptions;
};

/** Progress while the run goes on, and at its end a summary whose last line is the conclusion. */
export function createTerminal(records: TargetRecords, options: TerminalOptions): RunListener {
  const { run, live, output, built } = options;
  const style = createStyle(run.color, output.columns);
  const progress = live ? createLiveList(records, style, output) : createPlainLines(records, style, output);
  return {
    ...progress,
    async runEnded() {
      await progress.runEnded?.(run);
      output.write(summaryText(records, options, await built));
    },
  };
}

function summaryText(
  records: TargetRecords,
  { run, output, baseline }: Pick<TerminalOptions, 'run' | 'output' | 'baseline'>,
  built: BuiltReport | undefined,
): string {
  const style = createStyle(run.color, output.columns);
  const all = [...records.values()].map((record) => ({ ...record.results(), isUnverified: record.target.unverified }));
  if (all.length === 0) return 'nothing was judged: no target was started\n';
  const where = built ? reportText(run.folder, built) : resultsLine(run.folder);
  const conclusions = all.map((results) => conclusionLine(results, style));
  const summaries = all.flatMap((results) => [
    targetSummary(results, style),
    ...comparedText(results, run.folder, style, baseline),
  ]);
  return `\n${summaries.join('\n')}\n${where}\n\n${conclusions.join('\n')}\n`;
}

function comparedText(results: Results, folder: string, style: Style, options: BaselineOptions | undefined): string[] {
  const baseline = options?.baselines.get(results.target.name);
  return baseline ? [baselineSummary(baseline, results, { ...options, style, folder })] : [];
}

function reportText(folder: string, built: BuiltReport): string {
  const report = 'path' in built ? built.path : join(folder, 'allure-report');
  const problem = 'path' in built ? '' : `\n${plainText(renderError(built.problem), 2_000)}`;
  const notes = 'notes' in built ? built.notes.map((note) => `\nhistory  ${plainText(note, 2_000)}`) : [];
  return reportLines(folder, report) + problem + notes.join('');
}
