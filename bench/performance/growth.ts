import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';
import { benchmark, publish, seconds, start, temporaryFolder } from '../script/benchmark.ts';
import { type Measured, measure, measureMedian } from './measure.ts';
import { checksPerResult, writeSyntheticResults } from './synthetic-results.ts';

/** Above this, once is enough: the spread is small against the time. */
const repeatBelowMs = 10_000;
const tryMoreBelowMs = 60_000;

type Place = {
  /** for what is made */
  readonly folder: string;
  readonly results: readonly string[];
  /** a command does not write where something is: each time in another place */
  readonly turn: number;
};

const commands: Readonly<Record<string, (place: Place) => readonly string[]>> = {
  compare: ({ results }) => ['compare', ...results],
  'compare --html': ({ results, folder }) => ['compare', ...results, '--html', join(folder, 'page.html')],
  export: ({ results: [first = ''] }) => ['export', first, '--format', 'junit'],
  report: ({ folder }) => ['report', join(folder, 'run')],
  merge: ({ results, folder, turn }) => ['merge', ...results, '--out', join(folder, `merged-${turn}`)],
  bundle: ({ folder, turn }) => ['bundle', join(folder, 'run'), '--out', join(folder, `${turn}.tar.gz`)],
  'bundle --anonymous': ({ folder, turn }) => [
    'bundle',
    join(folder, 'run'),
    '--anonymous',
    '--out',
    join(folder, `anonymous-${turn}.tar.gz`),
  ],
  'bundle --verify': ({ folder }) => ['bundle', '--verify', join(folder, '1.tar.gz')],
  'compare of a bundle': ({ folder }) => ['compare', join(folder, '1.tar.gz')],
};

type Row = { readonly what: string; readonly size: number; readonly measured: Measured };

await start(
  benchmark(
    'performance/growth.ts',
    'How the commands that read results grow with their number. Needs no machine; takes minutes.',
  )
    .argument('[sizes...]', 'numbers of results, from 2 on (default: 10 100 1000)')
    .action(async (words, { write }) => {
      const sizes = (words.length > 0 ? words : [10, 100, 1000]).map(Number);
      const rows: Row[] = [];
      for (const size of sizes) await measureAll(size, rows);
      const cells = Object.keys(commands).map((name) => [
        name,
        ...sizes.map((size) => cellOf(rows.find((row) => row.what === name && row.size === size)?.measured)),
      ]);
      const about = `Synthetic results of ${checksPerResult} checks each, one in twenty red, with 1 KiB of evidence where red. Time from start to end of a command of its own, with the CPU time of all its processes (median of 3; one where that took more than ${repeatBelowMs / 1000} s; not tried with more results from ${tryMoreBelowMs / 1000} s on), and the most memory that any of its processes had resident. \`export\` takes one result.`;
      const tables = [[['', ...sizes.map((size) => `${size} results`)], ...cells]];
      publish({ name: 'growth', heading: '## Growth with the number of results', about, tables }, write);
    }),
);

/** Adds a row for each command; what failed or took long with fewer results is not tried with more. */
async function measureAll(size: number, rows: Row[]): Promise<void> {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const results = writeSyntheticResults(join(folder, 'run'), size);
  const isHopeless = ({ measured }: Row) => !isDone(measured) || measured.wallMs > tryMoreBelowMs;
  for (const [what, wordsFor] of Object.entries(commands)) {
    if (rows.some((row) => row.what === what && isHopeless(row))) continue;
    const measured = await measureMedian(3, repeatBelowMs, (turn) =>
      measure([process.execPath, join(checkout, 'cli/main.ts'), ...wordsFor({ folder, results, turn })], {
        cwd: folder,
      }),
    );
    rows.push({ what, size, measured });
    process.stderr.write(
      `${what}, ${size}: ${cellOf(measured)} ${isDone(measured) ? '' : measured.stderr.slice(0, 300)}\n`,
    );
  }
}

/** Red checks in the results are no failure of the command. */
function isDone({ exitCode }: Measured): boolean {
  return exitCode === 0 || exitCode === 1;
}

function cellOf(measured: Measured | undefined): string {
  if (measured === undefined) return 'not tried';
  const { exitCode, wallMs, cpuMs, peakMiB } = measured;
  if (!isDone(measured)) return `exit code ${exitCode} after ${seconds(wallMs)}`;
  return `${seconds(wallMs)} (CPU ${seconds(cpuMs)}), ${peakMiB.toFixed(0)} MiB`;
}
