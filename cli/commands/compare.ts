import { failOns, loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';
import { wantsColor } from '../options/options.ts';
import { oneOf } from '../options/values.ts';

const options = {
  html: { type: 'string' },
  json: { type: 'boolean' },
  'fail-on': { type: 'string' },
  'no-color': { type: 'boolean' },
} as const;

export async function compareCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, options, { command: 'compare' });
  if (positionals.length === 0)
    throw new RdcError('USAGE', 'compare takes the runs to compare', {
      hint: './rdc compare RUN1 RUN2; ls reports/out',
    });
  const failOn = values['fail-on'];
  const asked = {
    json: values.json === true,
    color: wantsColor(values['no-color']),
    ...(values.html === undefined ? {} : { html: String(values.html) }),
    ...(failOn === undefined ? {} : { failOn: oneOf('fail-on', String(failOn), failOns) }),
  };
  const { withRuns, compareCommand: compare } = await loadReports();
  const isFailure = await withRuns(positionals, (runs) => compare({ runs, ...asked }));
  return isFailure ? exitCodes.failed : exitCodes.ok;
}
