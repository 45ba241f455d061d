import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RdcError } from '../../harness/errors.ts';
import { writeFileAtomic } from '../atomic-file.ts';
import { plainText } from '../plain-text.ts';
import { readRun } from '../read-results.ts';
import { completeAllureResults } from './complete.ts';
import { sealPage } from './seal-page.ts';

const timeoutMs = 120_000;
const config = fileURLToPath(new URL('allurerc.ts', import.meta.url));

/** Builds `<run folder>/allure-report/index.html` for all targets together; returns its absolute path. */
export async function generateAllureReport(runFolder: string): Promise<string> {
  const folder = resolve(runFolder);
  const runs = readRun(folder);
  for (const run of runs) completeAllureResults(run.folder, run.results);

  const report = join(folder, 'allure-report');
  const index = join(report, 'index.html');
  rmSync(report, { recursive: true, force: true });
  const resultsFolders = runs.map((run) => join(run.folder, 'allure-results'));
  const output = await runAllure(folder, ['generate', ...resultsFolders, '--config', config, '--output', report]);
  // Allure reports a plugin's failure on stderr only, and exits with 0.
  if (!statSync(index, { throwIfNoEntry: false })) throw failed(folder, `it wrote no ${index}: ${output}`);
  writeFileAtomic(index, sealPage(readFileSync(index, 'utf8')));
  return index;
}

/** A process of its own: Allure prints as it likes, exits the process on an error, and can be given a deadline. */
async function runAllure(folder: string, args: readonly string[]): Promise<string> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('allure')), '..', 'cli.js');
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    // its loader of configurations would otherwise keep compiled sources in /tmp, and take those that lie there
    env: { ...process.env, RDC_RUN_FOLDER: folder, NO_COLOR: '1', JITI_FS_CACHE: 'false' },
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
