import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { RdcError } from '../harness/messages/errors.ts';
import { plainText } from '../harness/messages/plain-text.ts';
import { requireFolder } from '../harness/this-machine/writable-path.ts';
import { generateAllureReport } from './allure/generate.ts';
import { historyFolderOf } from './allure/kept-history.ts';
import { keepRun } from './bundle/open-bundle.ts';
import { requireExportFormat } from './formats/registry.ts';
import { findResultsFiles, readRun } from './results/read-results.ts';
import { findRun, outFolder, resultsFileName } from './results/run-folder.ts';

/** Builds the Allure report of a run or a bundle (default: the latest run) and prints its path; `open` hands it to the desktop. */
export async function reportCommand(options: { run?: string; history?: string; open: boolean }): Promise<void> {
  const path = await keepRun(findRun(options.run), outFolder);
  const folder = folderOfRun(path);
  for (const place of new Set([folder, ...findResultsFiles(folder).map((file) => dirname(file))]))
    requireFolder(place, `the report is built there: cp -r ${folder} DIR; ./rdc report DIR`);
  if (options.history !== undefined) requireFolder(options.history, '--history DIR: a folder that can be written');
  const { path: index, notes } = await generateAllureReport(folder, historyFolderOf(folder, options.history));
  for (const note of notes) process.stderr.write(`history: ${plainText(note, 2_000)}\n`);
  process.stdout.write(`${index}\n`);
  if (options.open) openInDesktop(index);
}

/** Where the report of a run is built: the run's folder, or that of its results.json. */
function folderOfRun(path: string): string {
  const stats = statSync(path);
  if (stats.isDirectory()) return path;
  if (stats.isFile() && basename(path) === resultsFileName) return dirname(path);
  throw new RdcError('INPUT', `${path}: not the folder of a run, its ${resultsFileName} or a bundle`, {
    hint: 'ls reports/out',
  });
}

/** Prints a run in another format on stdout; several targets need one export each, since no format here holds two. */
export function exportCommand(options: { run?: string; format: string }): void {
  const write = requireExportFormat(options.format);
  const path = findRun(options.run);
  const runs = readRun(path);
  const [only, ...others] = runs;
  if (!only || others.length > 0) {
    const names = runs.map(({ results }) => results.target.name).join(', ');
    throw new RdcError('USAGE', `${path}: ${runs.length} targets (${names}), an export holds one`, {
      hint: `./rdc export ${only?.folder ?? path} --format ${options.format}`,
    });
  }
  process.stdout.write(write(only.results));
}

function openInDesktop(path: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [path], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write(`${opener} does not start here: open the file in a browser\n`));
  child.unref();
}
