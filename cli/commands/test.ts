import { spawn } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUpHost } from '../../harness/lab/setup/host-setup.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { print } from '../options/output.ts';

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const about =
  "Runs the project's own tests: lint, unused code, types, unit tests, then on a real VM conformance, a sample of faults and the report in a browser.";

const declared = declare('test', about).option(
  '--no-vm',
  'without the VM, and without installing Vagrant, libvirt and QEMU (but qemu-img): only a compiler, a static busybox, mtools, ssh, Python and Chromium',
);

/** `rdc test`: the project's own tests. Ends with one plain line of counts; 0 when nothing failed. */
export const command = defineCommand(declared, async (_, { vm: withVm }) => {
  await setUpHost(print, withVm ? 'tests' : 'unit tests');
  const parts: Counts[] = [];
  parts.push(await tool('lint', ['biome', 'check', '--error-on-warnings', '.']));
  parts.push(await tool('unused code', ['knip']));
  parts.push(await tool('types', ['tsc', '--noEmit', '-p', '.']));
  parts.push(await vitest('unit tests', ['--config', 'vitest.config.ts']));
  if (withVm) parts.push(await vitest('on a real VM', ['--config', 'bench/e2e/vitest.config.ts']));
  else print('left out by --no-vm: everything on a real VM. This is not the complete test.');
  const sum = (key: keyof Counts) => parts.reduce((total, part) => total + part[key], 0);
  print(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  return sum('failed') === 0 && sum('passed') > 0 ? exitCodes.ok : exitCodes.failed;
});

/** A tool that only passes or fails counts as one test. */
async function tool(name: string, [command = '', ...args]: readonly string[]): Promise<Counts> {
  print(`\n== ${name}`);
  const isGood = (await start(join(checkout, 'node_modules/.bin', command), args)) === 0;
  print(`${name}: ${isGood ? 'passed' : 'FAILED'}`);
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
}

/** vitest counts itself; a run that did not load, or failed outside of a test, counts as one more failure. */
async function vitest(name: string, args: readonly string[]): Promise<Counts> {
  print(`\n== ${name}`);
  using folder = mkdtempDisposableSync(join(tmpdir(), 'rdc-test-'));
  const report = join(folder.path, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await start(join(checkout, 'node_modules/.bin/vitest'), ['run', ...args, ...reporters]);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const counts = JSON.parse(readFileSync(report, 'utf8')) as Readonly<Record<`num${string}Tests`, number>>;
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = counts;
  const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
  return { passed, failed, skipped: numPendingTests + numTodoTests };
}

function start(file: string, args: readonly string[]): Promise<number> {
  const child = spawn(file, [...args], { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    const hint = 'npm install';
    child.once('error', (cause) => reject(new RdcError('COMMAND', `cannot start ${file}`, { cause, hint })));
    child.once('close', (code) => resolve(code ?? exitCodes.notJudged));
  });
}
