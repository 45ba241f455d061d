import { loadChecks } from '../../harness/checks/load-checks.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { withRuns } from '../../reports/bundle/open-bundle.ts';
import { readRun } from '../../reports/results/read-results.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { reviewWaivers } from '../../reports/waivers/check-waivers.ts';
import { readWaivers } from '../../reports/waivers/read-waivers.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { print } from '../options/output.ts';
import { usageError } from '../options/values.ts';

const about = 'Reviews a waivers file: which have expired, and which are stale in the given runs.';

const declared = declare('waivers', about, {
  examples: ['waivers check waivers.json', 'waivers check waivers.json latest'],
  notes: [
    'Exit codes: 0 all are in order; 1 one has expired, or its check passes; 2 the file is not a waivers file. See docs/guides/waivers.md.',
  ],
})
  .argument('<action>', 'check')
  .argument('<file>', 'a waivers file')
  .argument('[runs...]', 'results files, run folders, run IDs or bundles');

export const command = defineCommand(declared, async ([action, file, runs]) => {
  if (action !== 'check')
    throw usageError(`unknown action ${JSON.stringify(action)}; allowed: check`, './rdc waivers check waivers.json');
  const ids = (await loadChecks()).map(({ id }) => id);
  const isStale = await withRuns(runs, (paths) => {
    const waivers = readWaivers(file, ids);
    const results = paths.flatMap((run) => readRun(findRun(run))).map((one) => one.results);
    const review = reviewWaivers(waivers, new Date().toISOString().slice(0, 10), results);
    const conclusion = `${waivers.length} waivers${review.isStale ? ', some are stale' : ''}`;
    print([...review.lines, conclusion].join('\n'));
    return review.isStale;
  });
  return isStale ? exitCodes.failed : exitCodes.ok;
});
