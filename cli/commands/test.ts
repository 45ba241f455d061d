import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { prepareHost } from '../../harness/lab/disks/prepare-host.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { askOnTerminal } from '../targets/agreement.ts';

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const about =
  "Runs the project's own tests: lint, unused code, types, unit tests, then on a real VM conformance, a sample of faults and the report in a browser.";

const command = declare('test', about).addOption(
  new Option(
    '--no-vm',
    'without the VM, and without installing Vagrant, libvirt and QEMU (but qemu-img): only a compiler, a static busybox, mtools, ssh, Python and Chromium',
  ),
);

/** `rdc test`: the project's own tests. Ends with one plain line of counts; 0 when nothing failed. */
export const testCommand = defineCommand(command, async (_, { vm: withVm }) => {
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const purpose = withVm ? 'tests' : 'unit tests';
  await prepareHost({ purpose, machines: [], onStage: say, ask: askOnTerminal });
  const parts: Counts[] = [];
  parts.push(await tool('lint', ['biome', 'check', '--error-on-warnings', '.']));
  parts.push(await tool('unused code', ['knip']));
  parts.push(await tool('types', ['tsc', '--noEmit', '-p', '.']));
  parts.push(await vitest('unit tests', ['--config', 'vitest.config.ts']));
  if (withVm) parts.push(await vitest('on a real VM', ['--config', 'bench/e2e/vitest.config.ts']));
  else say('left out by --no-vm: everything on a real VM. This is not the complete test.');
  const sum = (key: keyof Counts) => parts.reduce((total, part) => total + part[key], 0);
  say(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  return sum('failed') === 0 && sum('passed') > 0 ? exitCodes.ok : exitCodes.failed;
});

/** A tool that only passes or fails counts as one test. */
async function tool(name: string, [command = '', ...args]: readonly string[]): Promise<Counts> {
  process.stdout.write(`\n== ${name}\n`);
  const isGood = (await start(join(checkout, 'node_modules/.bin', command), args)) === 0;
  process.stdout.write(`${name}: ${isGood ? 'passed' : 'FAILED'}\n`);
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
}

type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
};

/** vitest counts itself; a run that did not load, or failed outside of a test, counts as one more failure. */
async function vitest(name: string, args: readonly string[]): Promise<Counts> {
  process.stdout.write(`\n== ${name}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'rdc-test-'));
  const report = join(folder, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await start(join(checkout, 'node_modules/.bin/vitest'), ['run', ...args, ...reporters]);
  if (!existsSync(report)) {
    rmSync(folder, { recursive: true, force: true });
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as VitestReport;
  rmSync(folder, { recursive: true, force: true });
  const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}

function start(file: string, args: readonly string[]): Promise<number> {
  const child = spawn(file, [...args], { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new RdcError('COMMAND', `cannot start ${file}`, { cause, hint: 'npm install' })),
    );
    child.once('close', (code) => resolve(code ?? exitCodes.notJudged));
  });
}
