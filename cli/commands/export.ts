import { loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';
import { runOf } from './report.ts';

export async function exportCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, { format: { type: 'string' } }, { command: 'export', most: 1 });
  if (values.format === undefined)
    throw new RdcError('USAGE', '--format is missing', { hint: './rdc export --format junit' });
  const reports = await loadReports();
  const format = String(values.format);
  reports.requireExportFormat(format);
  await reports.withRuns(positionals, (runs) => reports.exportCommand({ ...runOf(runs), format }));
  return exitCodes.ok;
}
