import { loadChecks } from '../../harness/checks/load-checks.ts';
import { suiteIdentity } from '../../harness/checks/suite-identity.ts';
import { loadBundleReports } from '../../harness/cli/load-reports.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';

const options = { out: { type: 'string' }, whole: { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** `rdc merge`: runs of several machines, jobs or shards become one. Resolves to the exit code that such a run has. */
export async function mergeCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, options, { command: 'merge' });
  if (positionals.length === 0 || values.out === undefined) {
    throw new RdcError('USAGE', positionals.length === 0 ? 'merge takes the runs to join' : '--out DIR is missing', {
      hint: './rdc merge RUN1 RUN2 --out DIR',
    });
  }
  const reports = await loadBundleReports();
  const whole = values.whole === true ? { whole: { suite: suiteIdentity(), checks: await loadChecks() } } : {};
  const asked = { runs: positionals, out: String(values.out), json: values.json === true };
  return await reports.mergeCommand({ ...asked, ...whole });
}
