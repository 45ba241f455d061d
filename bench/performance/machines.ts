import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { benchmark, publish, seconds, start, temporaryFolder } from '../script/benchmark.ts';
import { quickChecks } from '../script/quick-checks.ts';
import { measure } from './measure.ts';

const head = [
  'machines',
  'checks each',
  'checks of the slowest, added up',
  'whole run',
  "CPU of rdc's processes",
  'peak of one of them',
];

await start(
  benchmark(
    'performance/machines.ts',
    'How a run grows with its checks, and with machines at once. A quarter of an hour.',
  )
    .argument('<machines...>', 'with snapshots (./rdc run MACHINE once)')
    .action(async (machines, { write }) => {
      const rows = [head];
      const add = async (count: number, checks: number) => {
        const row = await measureRun(machines.slice(0, count), checks);
        process.stderr.write(`${row.join(', ')}\n`);
        rows.push(row);
      };
      for (const checks of [4, 8, quickChecks.length]) await add(1, checks);
      for (let count = 2; count <= machines.length; count += 1) await add(count, quickChecks.length);
      const about = 'Quick checks of all areas, each machine from its snapshot, all machines of a row at once.';
      publish({ name: 'machines', heading: '## Growth with checks and machines', about, tables: [rows] }, write);
    }),
);

async function measureRun(machines: readonly string[], checks: number): Promise<string[]> {
  using out = temporaryFolder();
  // the list is in the order of the areas: some of each
  const each = quickChecks.length / checks;
  const ids = Array.from({ length: checks }, (_, index) => quickChecks[Math.floor(index * each)]);
  const { exitCode, wallMs, cpuMs, peakMiB, stderr } = await measure(
    [join(checkout, 'rdc'), 'run', ...machines, '--check', ids.join(','), '--no-color', '--out', out.path],
    { timeoutMs: 1_800_000 },
  );
  if (exitCode > 1 || exitCode < 0)
    throw new RdcError('COMMAND', `rdc run ended with ${exitCode}: ${stderr.slice(-400)}`);
  // some are judged at once, so their sum may be more than the whole run
  const sums = machines.map((machine) =>
    readResults(join(out.path, machine)).checks.reduce((sum, { durationMs }) => sum + durationMs, 0),
  );
  const times = [Math.max(...sums), wallMs, cpuMs].map(seconds);
  return [String(machines.length), String(checks), ...times, `${peakMiB.toFixed(0)} MiB`];
}
