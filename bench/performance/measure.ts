import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { temporaryFolder } from '../script/benchmark.ts';
import { type RdcOptions, run } from '../script/rdc-process.ts';

/** What one call took: from its start to its end in ms, CPU of all its Node processes, memory of the largest. */
export type Measured = {
  readonly exitCode: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly stderr: string;
};

type MeasureOptions = Pick<RdcOptions, 'env' | 'cwd' | 'timeoutMs'>;

/** Runs a command and says what it used. The exit code is an answer; -2 is a time-out. */
export async function measure(argv: readonly string[], options: MeasureOptions = {}): Promise<Measured> {
  using folder = temporaryFolder();
  const usage = join(folder.path, 'usage');
  const [file = '', ...args] = argv;
  const probe = `--import=${join(import.meta.dirname, 'usage-probe.mjs')}`;
  const env = { NODE_OPTIONS: probe, RDC_BENCH_USAGE: usage, ...options.env };
  const startedAt = performance.now();
  const { code, stderr } = await run(file, args, { timeoutMs: 600_000, ...options, env });
  const wallMs = performance.now() - startedAt;
  const lines = existsSync(usage) ? readFileSync(usage, 'utf8').trim().split('\n') : [];
  const processes = lines.map((line) => JSON.parse(line) as { peakKiB: number; cpuMs: number });
  return {
    exitCode: code,
    wallMs,
    cpuMs: processes.reduce((sum, one) => sum + one.cpuMs, 0),
    peakMiB: Math.max(0, ...processes.map(({ peakKiB }) => peakKiB)) / 1024,
    stderr,
  };
}

/** The run with the median time of several; the first one alone where it took longer than `repeatBelowMs`. */
export async function measureMedian(
  times: number,
  repeatBelowMs: number,
  once: (turn: number) => Promise<Measured>,
): Promise<Measured> {
  const all = [await once(1)];
  while (all.length < times && (all[0]?.wallMs ?? 0) < repeatBelowMs) all.push(await once(all.length + 1));
  return medianOf(all, ({ wallMs }) => wallMs);
}

export function medianOf<T>(all: readonly T[], by: (one: T) => number): T {
  const middle = all.toSorted((a, b) => by(a) - by(b))[Math.floor(all.length / 2)];
  if (middle === undefined) throw new RdcError('COMMAND', 'nothing was measured');
  return middle;
}
