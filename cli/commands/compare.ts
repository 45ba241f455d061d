import { Option } from '@commander-js/extra-typings';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { writeNamedFile } from '../../harness/this-machine/atomic-write.ts';
import { withRuns } from '../../reports/bundle/open-bundle.ts';
import { hasChanges } from '../../reports/compare/change.ts';
import { compareResults } from '../../reports/compare/compare.ts';
import { comparisonPage, differingEvidence } from '../../reports/compare/page.ts';
import { comparisonTable } from '../../reports/compare/table.ts';
import { readRun } from '../../reports/results/read-results.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { createStyle } from '../../reports/wording/style.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { failOn, json, noColor } from '../options/options.ts';
import { isColored } from '../options/values.ts';

const command = declare(
  'compare',
  'Shows which verdicts differ between runs or hosts, and the facts that may explain it.',
  {
    examples: ['compare RUN1 RUN2', 'compare RUN1 RUN2 --html differences.html --fail-on regression'],
    notes: [
      'The first result of a target is the base of its later ones; a target that occurs once is compared with the first of all.',
    ],
  },
)
  .argument('<runs...>', 'results files, run folders (one with several targets is enough), run IDs or bundles')
  .addOption(new Option('--html <file>', 'write the comparison as a page'))
  .addOption(failOn)
  .addOption(json)
  .addOption(noColor);

/** `rdc compare`: prints the comparison, and writes the page if asked. */
export const compareCommand = defineCommand(command, async ([runs], options) => {
  const isFailure = await withRuns(runs, (paths) => compare(paths, options));
  return isFailure ? exitCodes.failed : exitCodes.ok;
});

/** Does the comparison hold what `--fail-on` names? */
function compare(runs: readonly string[], options: ReturnType<typeof command.opts>): boolean {
  const results = runs.flatMap((run) => readRun(findRun(run)));
  if (results.length < 2) {
    throw new RdcError('USAGE', `compare needs at least two results, ${runs.join(', ')} has ${results.length}`, {
      hint: './rdc compare RUN1 RUN2; ls reports/out',
    });
  }
  const comparison = compareResults(results.map((run) => run.results));
  if (options.html !== undefined) {
    const folders = results.map(({ folder }) => folder);
    const page = comparisonPage(comparison, differingEvidence(comparison, folders));
    writeNamedFile(options.html, page, '--html FILE: a file in a folder that exists and can be written');
  }
  process.stdout.write(
    options.json
      ? `${JSON.stringify(comparison, null, 2)}\n`
      : comparisonTable(comparison, createStyle(isColored(options.color), process.stdout.columns)),
  );
  return options.failOn !== undefined && hasChanges(comparison, options.failOn);
}
