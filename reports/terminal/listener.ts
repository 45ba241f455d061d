import { join } from 'node:path';
import { renderError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import type { BuiltReport } from '../allure/listener.ts';
import { type BaselineOptions, baselineSummary } from '../compare/baseline.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import { present } from '../results/present.ts';
import { createStyle } from '../wording/style.ts';
import { createLiveList } from './live-list.ts';
import { createPlainLines, type Output } from './plain-lines.ts';
import { conclusionLine, reportLines, resultsLine, targetSummary } from './summary.ts';

export type TerminalOptions = {
  readonly run: RunContext;
  readonly live: boolean;
  readonly output: Output;
  readonly built?: Promise<BuiltReport>;
  readonly baseline?: BaselineOptions;
  /** the folder of earlier runs */
  readonly history?: string;
};

export function createTerminal(records: TargetRecords, options: TerminalOptions): RunListener {
  const { run, live, output, built } = options;
  const style = createStyle(run.color, output.columns);
  const progress = live
    ? createLiveList(records, present({ style, output, startedAt: run.startedAt, history: options.history }))
    : createPlainLines(records, style, output);
  return {
    ...progress,
    async runEnded() {
      await progress.runEnded?.(run);
      output.write(summaryText(records, options, await built));
    },
  };
}

function summaryText(records: TargetRecords, options: TerminalOptions, built: BuiltReport | undefined): string {
  const { run, output, baseline: compared } = options;
  if (records.size === 0) return 'nothing was judged: no target was started\n';
  const style = createStyle(run.color, output.columns);
  const all = [...records.values()].map((record) => ({ ...record.results(), isUnverified: record.target.unverified }));
  const summaries = all.flatMap((results) => {
    const baseline = compared?.baselines.get(results.target.name);
    const summary = targetSummary(results, style);
    return baseline
      ? [summary, baselineSummary(baseline, results, { ...compared, style, folder: run.folder })]
      : [summary];
  });
  const where = built ? reportText(run.folder, built) : resultsLine(run.folder);
  const conclusions = all.map((results) => conclusionLine(results, style));
  return `\n${summaries.join('\n')}\n${where}\n\n${conclusions.join('\n')}\n`;
}

function reportText(folder: string, built: BuiltReport): string {
  if ('problem' in built)
    return `${reportLines(folder, join(folder, 'allure-report'))}\n${plainText(renderError(built.problem), 2_000)}`;
  const notes = built.notes.map((note) => `\nhistory  ${plainText(note, 2_000)}`);
  return reportLines(folder, built.path) + notes.join('');
}
