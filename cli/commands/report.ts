import { loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/options.ts';

export async function reportCommand(words: readonly string[]): Promise<number> {
  const options = { open: { type: 'boolean' }, history: { type: 'string' } } as const;
  const { values, positionals } = parseWords(words, options, { command: 'report', most: 1 });
  const history = values.history === undefined ? {} : { history: String(values.history) };
  await (await loadReports()).reportCommand({ ...runOf(positionals), ...history, open: values.open === true });
  return exitCodes.ok;
}

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

function runOf([run]: readonly string[]): { run?: string } {
  return run === undefined ? {} : { run };
}
