// How compare, report and export grow with the number of results: node bench/performance/growth.ts [10 100 1000]
// Writes a section of docs/benchmarks.md. Runs for some minutes; needs no machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../cli/generate/markdown.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { type Measured, measure, measureMedian } from './measure.ts';
import { checksPerResult, writeSyntheticResults } from './synthetic-results.ts';

const rdc = (...words: string[]) => [process.execPath, join(checkout, 'cli/main.ts'), ...words];
/** Above this, once is enough: the spread is small against the time. */
const repeatBelowMs = 10_000;
const tryMoreBelowMs = 60_000;

type Row = { readonly what: string; readonly results: number; readonly measured: Measured };

const counts = process.argv.slice(2).map(Number);
if (counts.some((count) => !Number.isInteger(count) || count < 2)) throw new Error('numbers of results, from 2 on');
const rows: Row[] = [];
for (const results of counts.length > 0 ? counts : [10, 100, 1000]) rows.push(...(await measureAll(results)));
report(rows);

async function measureAll(results: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-growth-'));
  try {
    const folders = writeSyntheticResults(folder, results);
    const [one = ''] = folders;
    const commands: readonly [string, readonly string[]][] = [
      ['compare', rdc('compare', ...folders, '--no-color')],
      ['compare --html', rdc('compare', ...folders, '--no-color', '--html', join(folder, 'page.html'))],
      ['export of each', [process.execPath, join(import.meta.dirname, 'export-each.ts'), folder]],
      ['export of one', rdc('export', one, '--format', 'junit')],
      ['report', rdc('report', folder)],
    ];
    const measured: Row[] = [];
    for (const [what, argv] of commands) {
      // what failed or took minutes with fewer results is not tried with more
      const isHopeless = ({ exitCode, wallMs }: Measured) => exitCode !== 0 || wallMs > tryMoreBelowMs;
      if (rows.some((row) => row.what === what && isHopeless(row.measured))) continue;
      const row = {
        what,
        results,
        measured: await measureMedian(3, repeatBelowMs, () => measure(argv, { cwd: folder })),
      };
      process.stderr.write(`${what}, ${results}: ${cellOf(row.measured)} ${row.measured.stderr.slice(0, 300)}\n`);
      measured.push(row);
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cellOf({ exitCode, wallMs, cpuMs, peakMiB }: Measured): string {
  return exitCode === 0
    ? `${(wallMs / 1000).toFixed(1)} s (CPU ${(cpuMs / 1000).toFixed(1)} s), ${peakMiB.toFixed(0)} MiB`
    : `exit code ${exitCode} after ${(wallMs / 1000).toFixed(0)} s`;
}

function report(all: readonly Row[]): void {
  const sizes = [...new Set(all.map(({ results }) => results))];
  const names = [...new Set(all.map(({ what }) => what))];
  const of = (what: string, results: number) => all.find((row) => row.what === what && row.results === results);
  const cells = names.map((name) => [name, ...sizes.map((size) => maybe(of(name, size)))]);
  writeSection(
    'growth',
    [
      '## Growth with the number of results',
      '',
      `Synthetic results of ${checksPerResult} checks each, one in twenty red, with 1 KiB of evidence where red. Time from start to end of a command of its own, with the CPU time of all its processes (median of 3; one where that took more than ${repeatBelowMs / 1000} s; not tried with more results from ${tryMoreBelowMs / 1000} s on), and the most memory that any of its processes had resident. \`export\` takes one result; "export of each" writes JUnit for all of them in one process.`,
      '',
      table([['', ...sizes.map((size) => `${size} results`)], ...cells]),
    ],
    `node bench/performance/growth.ts ${sizes.join(' ')}`,
  );
}

function maybe(row: Row | undefined): string {
  return row ? cellOf(row.measured) : 'not tried';
}
