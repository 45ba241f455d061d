// How a run grows with the number of checks and of machines: node bench/performance/machines.ts MACHINE [MACHINE...]
// Each from its snapshot (./rdc run MACHINE once). Writes a section of docs/benchmarks.md. A quarter of an hour.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../cli/generate/markdown.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { quickChecks } from '../script/quick-checks.ts';
import { runMain } from '../script/script.ts';
import { type Measured, measure } from './measure.ts';

type Row = {
  readonly machines: number;
  readonly checks: number;
  /** of the slowest machine, in ms: the times of its checks added up (some are judged at once), and the whole run */
  readonly checksMs: number;
  readonly measured: Measured;
};

await runMain(main);

async function main(): Promise<number> {
  const machines = process.argv.slice(2);
  if (machines.length === 0)
    throw new RdcError('USAGE', 'one machine of the lab, or several', {
      hint: 'node bench/performance/machines.ts debian-13 debian-12',
    });
  const rows: Row[] = [];
  for (const checks of [4, 8, quickChecks.length]) rows.push(await measureRun(machines.slice(0, 1), checks));
  for (let count = 2; count <= machines.length; count += 1)
    rows.push(await measureRun(machines.slice(0, count), quickChecks.length));
  report(machines, rows);
  return 0;
}

async function measureRun(machines: readonly string[], count: number): Promise<Row> {
  const out = mkdtempSync(join(tmpdir(), 'rdc-machines-'));
  try {
    // spread over the areas: the list is ordered by them
    const ids = quickChecks.filter(
      (_, index) =>
        Math.floor((index * count) / quickChecks.length) !== Math.floor(((index - 1) * count) / quickChecks.length),
    );
    const measured = await measure(
      [join(checkout, 'rdc'), 'run', ...machines, '--check', ids.join(','), '--no-color', '--out', out],
      { timeoutMs: 1_800_000 },
    );
    if (measured.exitCode > 1 || measured.exitCode < 0)
      throw new RdcError('COMMAND', `rdc run ended with ${measured.exitCode}: ${measured.stderr.slice(-400)}`);
    const all = machines.map((machine) => readResults(join(out, machine)));
    const checksMs = Math.max(...all.map(({ checks }) => checks.reduce((sum, { durationMs }) => sum + durationMs, 0)));
    const row = { machines: machines.length, checks: ids.length, checksMs, measured };
    process.stderr.write(`${cells(row).join(', ')}\n`);
    return row;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function cells({ machines, checks, checksMs, measured }: Row): string[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return [
    String(machines),
    String(checks),
    seconds(checksMs),
    seconds(measured.wallMs),
    seconds(measured.cpuMs),
    `${measured.peakMiB.toFixed(0)} MiB`,
  ];
}

function report(machines: readonly string[], rows: readonly Row[]): void {
  const head = [
    'machines',
    'checks each',
    'checks of the slowest, added up',
    'whole run',
    "CPU of rdc's processes",
    'peak of one of them',
  ];
  const text = [
    '## Growth with checks and machines',
    '',
    'Quick checks of all areas, each machine from its snapshot, all machines of a row at once.',
    '',
    table([head, ...rows.map(cells)]),
  ];
  writeSection('machines', text, `node bench/performance/machines.ts ${machines.join(' ')}`);
  process.stdout.write(`${text.join('\n')}\n`);
}
