import { loadChecks } from '../../harness/checks/load-checks.ts';
import { loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';

export async function waiversCommand(words: readonly string[]): Promise<number> {
  const [what, file, ...runs] = parseWords(words, {}, { command: 'waivers' }).positionals;
  if (what !== 'check' || file === undefined)
    throw new RdcError('USAGE', 'waivers knows one thing: check FILE', { hint: './rdc waivers check waivers.json' });
  const ids = (await loadChecks()).map(({ id }) => id);
  const { withRuns, checkWaiversCommand } = await loadReports();
  const isStale = await withRuns(runs, (paths) => checkWaiversCommand(file, paths, ids));
  return isStale ? exitCodes.failed : exitCodes.ok;
}
