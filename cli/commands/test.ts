import { spawn } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareHost } from '../../harness/lab/disks/prepare-host.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { durationText } from '../../harness/messages/quantities.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { print } from '../options/output.ts';
import { askOnTerminal } from '../targets/agreement.ts';

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const about =
  "Runs the project's own tests: lint, unused code, types, unit tests; then every fault in a container that boots the " +
  'default machine, and on a real VM a whole run, the faults that only a VM can have, and the report in a browser.';

const declared = declare('test', about).option(
  '--no-vm',
  'without machines, and without installing Vagrant, libvirt, QEMU (but qemu-img) and systemd-nspawn: only a compiler, a static busybox, mtools, ssh, Python and Chromium',
);

type Part = { readonly name: string; readonly takes: string; readonly run: () => Promise<Counts> };

/** What there is, in order; the times are of two cores without hardware virtualisation. */
const ownTests: readonly Part[] = [
  { name: 'lint', takes: '10 s', run: () => tool(['biome', 'check', '--error-on-warnings', '.']) },
  { name: 'unused code', takes: '10 s', run: () => tool(['knip']) },
  { name: 'types', takes: '10 s', run: () => tool(['tsc', '--noEmit', '-p', '.']) },
  { name: 'unit tests', takes: '4 min', run: () => vitest(['--config', 'vitest.config.ts']) },
];
const machineTests: Part = {
  name: 'on machines: a container and a VM, side by side',
  takes: '30 min',
  run: onMachines,
};

async function onMachines(): Promise<Counts> {
  const config = ['--config', 'bench/e2e/vitest.config.ts'];
  if (process.getuid?.() === 0) return await vitest(config, 'verbose');
  print('left out: the container, which needs root. This is not the complete test.');
  const counts = await vitest([...config, '--exclude', 'bench/e2e/container.e2e.ts'], 'verbose');
  return { ...counts, skipped: counts.skipped + 1 };
}

/** `rdc test`: the project's own tests. Ends with one plain line of counts; 0 when nothing failed. */
export const command = defineCommand(declared, async (_, { vm: withMachines }) => {
  const purpose = withMachines ? 'tests' : 'unit tests';
  await prepareHost({ purpose, machines: [], onStage: print, ask: askOnTerminal });
  const parts = withMachines ? [...ownTests, machineTests] : ownTests;
  const counts: Counts[] = [];
  for (const [index, part] of parts.entries()) counts.push(await runPart(part, `${index + 1} of ${parts.length}`));
  if (!withMachines) print('left out by --no-vm: everything on machines. This is not the complete test.');
  const sum = (key: keyof Counts) => counts.reduce((total, part) => total + part[key], 0);
  print(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  return sum('failed') === 0 && sum('passed') > 0 ? exitCodes.ok : exitCodes.failed;
});

async function runPart({ name, takes, run }: Part, which: string): Promise<Counts> {
  print(`\n== ${which}: ${name} (about ${takes})`);
  const start = Date.now();
  const counts = await run();
  print(`${name}: ${counts.failed === 0 ? 'passed' : 'FAILED'} after ${durationText(Date.now() - start)}`);
  return counts;
}

/** A tool that only passes or fails counts as one test. */
async function tool([command = '', ...args]: readonly string[]): Promise<Counts> {
  const isGood = (await start(join(checkout, 'node_modules/.bin', command), args)) === 0;
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
}

/** vitest counts itself; a run that did not load, or failed outside of a test, counts as one more failure. */
async function vitest(args: readonly string[], reporter = 'default'): Promise<Counts> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'rdc-test-'));
  const report = join(folder.path, 'vitest.json');
  const reporters = [`--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${report}`];
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
