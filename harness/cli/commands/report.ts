import { exitCodes, RdcError } from '../../errors.ts';
import { loadReports } from '../load-reports.ts';
import { oneOf, parseWords } from '../options.ts';

export async function reportCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, { open: { type: 'boolean' } });
  await (await loadReports()).reportCommand({ ...runOf(positionals), open: values.open === true });
  return exitCodes.ok;
}

export async function exportCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, { format: { type: 'string' } });
  if (values.format === undefined)
    throw new RdcError('USAGE', '--format is missing', { hint: './rdc export --format junit' });
  const reports = await loadReports();
  const format = oneOf('format', String(values.format), reports.exportFormats);
  await reports.withRuns(positionals.slice(0, 1), (runs) => reports.exportCommand({ ...runOf(runs), format }));
  return exitCodes.ok;
}

function runOf([run]: readonly string[]): { run?: string } {
  return run === undefined ? {} : { run };
}
