import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';
import { benchmark, publish, start, temporaryFolder } from '../script/benchmark.ts';
import { type Measured, measure, measureMedian } from './measure.ts';

const goalMs = 500;
const commands = ['--help', 'list', 'list --machines', 'explain NS-UIDMAP'];

await start(
  benchmark(
    'performance/cli-start.ts',
    `How long a person waits for rdc list and rdc --help. Exit code 1 when one takes more than ${goalMs} ms.`,
  ).action(async ({ write }) => {
    const rows: { words: string; first: Measured; median: Measured }[] = [];
    for (const words of commands) rows.push({ words, ...(await measureStart(words)) });
    const cells = rows.map(({ words, first, median }) => [
      `\`rdc ${words}\``,
      `${median.wallMs.toFixed(0)} ms`,
      `${median.cpuMs.toFixed(0)} ms`,
      `${median.peakMiB.toFixed(0)} MiB`,
      `${first.wallMs.toFixed(0)} ms`,
    ]);
    const about = `From the call of the launcher to its end; goal: at most ${goalMs} ms. The first call of a checkout compiles the sources and keeps them in the cache (\`rdc/compile\`, Node's compile cache).`;
    const tables = [[['', 'median of 7', 'CPU', 'peak memory', 'first call'], ...cells]];
    publish({ name: 'cli-start', heading: '## Start of the command line', about, tables }, write);
    process.exitCode = rows.some(({ median }) => median.wallMs > goalMs) ? 1 : 0;
  }),
);

/** The first call with an empty cache, and the median of seven more. */
async function measureStart(words: string): Promise<{ first: Measured; median: Measured }> {
  using cache = temporaryFolder();
  const once = async () => {
    const env = { XDG_CACHE_HOME: cache.path, NODE_COMPILE_CACHE: '' };
    const measured = await measure([join(checkout, 'rdc'), ...words.split(' ')], { env });
    if (measured.exitCode !== 0) throw new Error(`rdc ${words}: ${measured.stderr}`);
    return measured;
  };
  return { first: await once(), median: await measureMedian(7, Number.POSITIVE_INFINITY, once) };
}
