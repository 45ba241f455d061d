import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { readRun } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { completeAllureResults } from './complete.ts';
import { allureHistory } from './history-format.ts';
import { keepInHistory, readHistory, type TargetHistory } from './kept-history.ts';
import { sealPage } from './seal-page.ts';

const timeoutMs = 120_000;
const config = fileURLToPath(new URL('allurerc.ts', import.meta.url));

/** The page's absolute path; `notes` says what is missing of its history, one line each. */
export type AllureReport = { readonly path: string; readonly notes: readonly string[] };

/**
 * Builds `<run folder>/allure-report/index.html` for all targets together. With a history folder it shows the runs
 * of these targets that were before, and leaves this run there for later ones.
 */
export async function generateAllureReport(runFolder: string, history?: string): Promise<AllureReport> {
  const folder = resolve(runFolder);
  const runs = readRun(folder);
  for (const run of runs) completeAllureResults(run.folder, run.results);

  const report = join(folder, 'allure-report');
  const index = join(report, 'index.html');
  rmSync(report, { recursive: true, force: true });
  const resultsFolders = runs.map((run) => join(run.folder, 'allure-results'));
  const args = ['generate', ...resultsFolders, '--config', config, '--output', report];
  const earlier = runs.map(({ results }) => (history ? readHistory(history, results) : noHistory));
  const output = await withHistoryFile(folder, allureHistory(earlier.flatMap(({ points }) => points)), (historyFile) =>
    runAllure(folder, args, historyFile),
  );
  // Allure reports a plugin's failure on stderr only, and exits with 0.
  if (!statSync(index, { throwIfNoEntry: false })) throw failed(folder, `it wrote no ${index}: ${output}`);
  writeFileAtomic(index, sealPage(readFileSync(index, 'utf8')));
  const kept = history ? runs.flatMap(({ results }) => keep(history, results)) : [];
  return { path: index, notes: [...damage(earlier.flatMap(({ problems }) => problems)), ...kept] };
}

const noHistory: TargetHistory = { points: [], problems: [] };

/** One message, however many files are damaged. */
function damage(problems: readonly string[]): string[] {
  const [first] = problems;
  if (first === undefined) return [];
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return [`left out of the trends, remove what is damaged: ${first}${more}`];
}

/** A history that cannot be written costs the next report a run, and this one nothing. */
function keep(history: string, results: Results): string[] {
  try {
    keepInHistory(history, results);
    return [];
  } catch (error) {
    return [`this run is not kept for later trends: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Without earlier runs there is no file: to Allure every check would be new. */
async function withHistoryFile<T>(
  folder: string,
  text: string,
  work: (file: string | undefined) => Promise<T>,
): Promise<T> {
  if (text === '') return await work(undefined);
  const file = join(folder, `.allure-history.${process.pid}.jsonl`);
  writeFileAtomic(file, text);
  try {
    return await work(file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** A process of its own: Allure prints as it likes, exits the process on an error, and can be given a deadline. */
async function runAllure(folder: string, args: readonly string[], historyFile: string | undefined): Promise<string> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('allure')), '..', 'cli.js');
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      RDC_RUN_FOLDER: folder,
      RDC_HISTORY_FILE: historyFile ?? '',
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      // its loader of configurations would otherwise keep compiled sources in /tmp, and take those that lie there
      JITI_FS_CACHE: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    if (output.length < 20_000) output += chunk;
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const { promise, resolve: settle, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', settle);
  const code = await promise;
  if (code !== 0) throw failed(folder, `exit code ${code ?? `none, stopped after ${timeoutMs / 1_000} s`}: ${output}`);
  return output;
}

function failed(folder: string, why: string): RdcError {
  return new RdcError('REPORT', `Allure built no report for ${folder}: ${plainText(why, 1_000).trim()}`, {
    hint: `the verdicts are in ${folder}/*/results.json; try again with: ./rdc report ${folder}`,
  });
}
