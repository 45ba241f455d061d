import { exitCodes } from '../../harness/messages/errors.ts';
import { writeNamedFile } from '../../harness/this-machine/atomic-write.ts';
import { withRuns } from '../../reports/bundle/open-bundle.ts';
import { hasChanges } from '../../reports/compare/change.ts';
import { compareResults } from '../../reports/compare/compare.ts';
import { comparisonPage, differingEvidence } from '../../reports/compare/page.ts';
import { comparisonTable } from '../../reports/compare/table.ts';
import { readRun } from '../../reports/results/read-results.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { createStyle } from '../../reports/wording/style.ts';
import { withVersion } from '../contracts/outputs.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { failOn, json, noColor } from '../options/options.ts';
import { isColored, printJson } from '../options/output.ts';
import { usageError } from '../options/values.ts';

const about = 'Shows which verdicts differ between runs or hosts, and the facts that may explain it.';

const declared = declare('compare', about, {
  examples: ['compare RUN1 RUN2', 'compare RUN1 RUN2 --html differences.html --fail-on regression'],
  notes: [
    'The first result of a target is the base of its later ones; a target that occurs once is compared with the first of all.',
  ],
})
  .argument('<runs...>', 'results files, run folders (one with several targets is enough), run IDs or bundles')
  .option('--html <file>', 'write the comparison as a page')
  .addOption(failOn)
  .addOption(json)
  .addOption(noColor);

export const command = defineCommand(declared, async ([runs], options) => {
  const isFailure = await withRuns(runs, (paths) => compare(paths, options));
  return isFailure ? exitCodes.failed : exitCodes.ok;
});

/** Does the comparison hold what `--fail-on` names? */
function compare(runs: readonly string[], options: ReturnType<typeof declared.opts>): boolean {
  const results = runs.flatMap((run) => readRun(findRun(run)));
  if (results.length < 2) {
    const hint = './rdc compare RUN1 RUN2; ls reports/out';
    throw usageError(`compare needs at least two results, ${runs.join(', ')} has ${results.length}`, hint);
  }
  const comparison = compareResults(results.map((run) => run.results));
  if (options.html !== undefined) {
    const folders = results.map(({ folder }) => folder);
    const page = comparisonPage(comparison, differingEvidence(comparison, folders));
    writeNamedFile(options.html, page, '--html FILE: a file in a folder that exists and can be written');
  }
  const style = createStyle(isColored(options.color), process.stdout.columns);
  if (options.json) printJson(withVersion('compare', comparison));
  else process.stdout.write(comparisonTable(comparison, style));
  return options.failOn !== undefined && hasChanges(comparison, options.failOn);
}
