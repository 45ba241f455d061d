import { readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { runCommand } from '../../harness/this-machine/run-command.ts';
import { scratch } from '../../harness/this-machine/scratch.ts';
import { readRun } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { allureResultsOf } from './check-result.ts';
import { completeAllureResults } from './complete.ts';
import { allureHistory } from './history-format.ts';
import { keepInHistory, readHistory } from './kept-history.ts';

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
  rmSync(report, { recursive: true, force: true });
  const earlier = runs.flatMap(({ results }) => (history ? [readHistory(history, results)] : []));
  const historyText = allureHistory(earlier.flatMap(({ points }) => points));
  const historyFile = join(folder, `.allure-history.${process.pid}.jsonl`);
  using _ = scratch(historyFile);
  if (historyText) writeFileAtomic(historyFile, historyText);
  const output = await runAllure(
    [...runs.map((run) => allureResultsOf(run.folder)), '--output', report],
    // without earlier runs there is no file: to Allure every check would be new
    { folder, historyFile: historyText ? historyFile : '' },
  );
  const index = join(report, 'index.html');
  // Allure reports a plugin's failure on stderr only, and exits with 0.
  if (!statSync(index, { throwIfNoEntry: false })) throw failed(folder, `it wrote no ${index}: ${output}`);
  writeFileAtomic(index, sealPage(readFileSync(index, 'utf8')));
  const kept = history ? runs.flatMap(({ results }) => keep(history, results)) : [];
  return { path: index, notes: [...damage(earlier.flatMap(({ problems }) => problems)), ...kept] };
}

function damage([first, ...more]: readonly string[]): string[] {
  if (first === undefined) return [];
  return [
    `left out of the trends, remove what is damaged: ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`,
  ];
}

/** A history that cannot be written costs the next report a run, and this one nothing. */
function keep(history: string, results: Results): string[] {
  try {
    keepInHistory(history, results);
    return [];
  } catch (error) {
    return [`this run is not kept for later trends: ${messageOf(error)}`];
  }
}

/** In a process of its own: Allure prints as it likes, exits the process on an error, and can be given a deadline. */
async function runAllure(args: readonly string[], { folder, historyFile }: { folder: string; historyFile: string }) {
  const cli = join(dirname(createRequire(import.meta.url).resolve('allure')), '..', 'cli.js');
  const config = fileURLToPath(new URL('allurerc.ts', import.meta.url));
  const env = {
    RDC_RUN_FOLDER: folder,
    RDC_HISTORY_FILE: historyFile,
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    // its loader of configurations would otherwise keep compiled sources in /tmp, and take those that lie there
    JITI_FS_CACHE: 'false',
  };
  const argv = [process.execPath, cli, 'generate', ...args, '--config', config];
  const { exitCode, stdout, stderr } = await runCommand(argv, { cwd: folder, env, timeoutMs: 120_000 }).catch(
    (cause) => {
      throw failed(folder, messageOf(cause));
    },
  );
  if (exitCode !== 0) throw failed(folder, `exit code ${exitCode}: ${stdout}${stderr}`);
  return stdout + stderr;
}

function failed(folder: string, why: string): RdcError {
  return new RdcError('REPORT', `Allure built no report for ${folder}: ${plainText(why, 1_000).trim()}`, {
    hint: `the verdicts are in ${folder}/*/results.json; try again with: ./rdc report ${folder}`,
  });
}

const analytics =
  /<script async src="https:\/\/www\.googletagmanager\.com[\s\S]*?<\/script>\s*<script>[\s\S]*?<\/script>/;

const policy =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; connect-src data: blob:; frame-src data: blob:; media-src data: blob:; worker-src blob:";

/** Without Google's tracker, which Allure has no option to leave out; a policy keeps the page off the network. */
export function sealPage(html: string): string {
  const head = `<head>
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">`;
  return html.replace(analytics, '').replace('<head>', () => head);
}
