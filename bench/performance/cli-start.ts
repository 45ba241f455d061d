// How long a person waits for `rdc list` and `rdc --help`: node bench/performance/cli-start.ts
// Ends with 1 when one of them takes longer than the goal. Writes a section of docs/benchmarks.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../cli/generate/markdown.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { type Measured, measure, medianOf } from './measure.ts';

const goalMs = 500;
const times = 7;
const commands = [['--help'], ['list'], ['list', '--machines'], ['explain', 'NS-UIDMAP']];

const rows: { words: string; first: Measured; median: Measured }[] = [];
for (const words of commands) {
  const cache = mkdtempSync(join(tmpdir(), 'rdc-start-'));
  const all: Measured[] = [];
  for (let index = 0; index <= times; index += 1) {
    const env = { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: '' };
    const measured = await measure([join(checkout, 'rdc'), ...words], { env });
    if (measured.exitCode !== 0) throw new Error(`rdc ${words.join(' ')}: ${measured.stderr}`);
    all.push(measured);
  }
  rmSync(cache, { recursive: true, force: true });
  const [first, ...later] = all;
  if (first) rows.push({ words: words.join(' '), first, median: medianOf(later, ({ wallMs }) => wallMs) });
}

const cells = rows.map(({ words, first, median }) => [
  `\`rdc ${words}\``,
  `${median.wallMs.toFixed(0)} ms`,
  `${median.cpuMs.toFixed(0)} ms`,
  `${median.peakMiB.toFixed(0)} MiB`,
  `${first.wallMs.toFixed(0)} ms`,
]);
const text = table([['', 'median of 7', 'CPU', 'peak memory', 'first call'], ...cells]);
writeSection(
  'cli-start',
  [
    '## Start of the command line',
    '',
    `From the call of the launcher to its end; goal: at most ${goalMs} ms. The first call of a checkout compiles the sources and keeps them in the cache (\`rdc/compile\`, Node's compile cache).`,
    '',
    text,
  ],
  'node bench/performance/cli-start.ts',
);
process.stdout.write(`${text}\n`);
const slow = rows.filter(({ median }) => median.wallMs > goalMs);
for (const { words, median } of slow)
  process.stderr.write(`rdc ${words}: ${median.wallMs.toFixed(0)} ms, the goal is ${goalMs} ms\n`);
process.exitCode = slow.length > 0 ? 1 : 0;
