import { loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';

export async function reportCommand(words: readonly string[]): Promise<number> {
  const options = { open: { type: 'boolean' }, history: { type: 'string' } } as const;
  const { values, positionals } = parseWords(words, options, { command: 'report', most: 1 });
  const history = values.history === undefined ? {} : { history: String(values.history) };
  await (await loadReports()).reportCommand({ ...runOf(positionals), ...history, open: values.open === true });
  return exitCodes.ok;
}

export function runOf([run]: readonly string[]): { run?: string } {
  return run === undefined ? {} : { run };
}
