import { loadChecks } from '../../harness/checks/load-checks.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { bugReport } from '../../reports/bug/bug-report.ts';
import { withRuns } from '../../reports/bundle/open-bundle.ts';
import { readRun } from '../../reports/results/read-results.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { runArgument } from '../options/options.ts';

const declared = declare('bug', 'Prints a bug report of one red check, as Markdown for a tracker.', {
  examples: ['bug PRE-INSTALL', 'bug PORT-RELEASE reports/out/RUN > bug.md'],
  notes: [
    'The last part is an entry for a waivers file (docs/guides/waivers.md). Names and addresses are in it as they are: ' +
      'read it before you send it.',
  ],
})
  .argument('<id>', 'ID of a check that is red in the run')
  .addArgument(runArgument);

export const command = defineCommand(declared, async ([id, run], _options) => {
  const check = (await loadChecks()).find((one) => one.id === id);
  // another suite may have had checks that this checkout does not have
  const page = check && `docs/reference/checks/${check.area}.md#${id.toLowerCase()}`;
  const known = { reproduce: check?.reproduce, page, today: new Date() };
  const write = (path: string) => process.stdout.write(bugReport(id, readRun(path), known));
  await withRuns([findRun(run)], ([path = '']) => write(path));
  return exitCodes.ok;
});
