import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import { requireFolder } from '../../harness/this-machine/writable-path.ts';
import { generateAllureReport } from '../../reports/allure/generate.ts';
import { historyFolderOf } from '../../reports/allure/kept-history.ts';
import { keepRun } from '../../reports/bundle/open-bundle.ts';
import { findResultsFiles } from '../../reports/results/read-results.ts';
import { findRun, outFolder, resultsFileName } from '../../reports/results/run-folder.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { history, runArgument } from '../options/options.ts';
import { print, say } from '../options/output.ts';

const declared = declare('report', 'Builds the Allure report of a run and prints its path.', {
  examples: ['report', 'report run.tar.gz --open'],
  notes: [
    'A bundle is unpacked to reports/out/bundle-<digest>. Without --history, a run in reports/out uses reports/out/history, any other run has no trends.',
  ],
})
  .addArgument(runArgument)
  .option('--open', 'open the report in the browser')
  .addOption(history);

export const command = defineCommand(declared, async ([run], options) => {
  const folder = folderOfRun(await keepRun(findRun(run), outFolder));
  for (const place of new Set([folder, ...findResultsFiles(folder).map((file) => dirname(file))]))
    requireFolder(place, `the report is built there: cp -r ${folder} DIR; ./rdc report DIR`);
  if (options.history !== undefined) requireFolder(options.history, '--history DIR: a folder that can be written');
  const { path: index, notes } = await generateAllureReport(folder, historyFolderOf(folder, options.history));
  for (const note of notes) say(`history: ${plainText(note, 2_000)}`);
  print(index);
  if (options.open) openInDesktop(index);
  return exitCodes.ok;
});

/** Where the report of a run is built: the run's folder, or that of its results.json. */
function folderOfRun(path: string): string {
  const stats = statSync(path);
  if (stats.isDirectory()) return path;
  if (stats.isFile() && basename(path) === resultsFileName) return dirname(path);
  const what = `${path}: not the folder of a run, its ${resultsFileName} or a bundle`;
  throw new RdcError('INPUT', what, { hint: 'ls reports/out' });
}

function openInDesktop(path: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [path], { stdio: 'ignore', detached: true });
  child.on('error', () => say(`cannot start ${opener}: open the file in a browser`));
  child.unref();
}
