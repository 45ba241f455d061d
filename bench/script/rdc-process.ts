import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { readResults } from '../../reports/results/read-results.ts';
import type { Results } from '../../reports/results/results.schema.ts';

/** In the output of a run: there is a verdict. */
export const isVerdict = /^\S+: +\d+\/\d+ +(ok|FAIL|ERROR|blocked|skip) /m;

/** `code` is -2 where a signal ended it. */
export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RdcOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: Buffer | undefined;
  readonly timeoutMs?: number;
  /** called with everything printed so far, whenever something is printed: to act in the middle of a run */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
};

/** The command line as a user calls it, in a process of its own. */
export function rdc(words: readonly string[], options: RdcOptions = {}): Promise<Ended> {
  return run(join(checkout, 'rdc'), words, options);
}

export async function run(file: string, words: readonly string[], options: RdcOptions = {}): Promise<Ended> {
  const env = { ...process.env, ...options.env };
  // vitest marks its workers; a run of ours inside must not take itself for one
  for (const name of Object.keys(env)) if (/^(VITEST|TEST$|NODE_ENV)/.test(name)) delete env[name];
  const child = spawn(file, [...words], { env, cwd: options.cwd ?? tmpdir(), timeout: options.timeoutMs });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  const printed = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
      printed.both += text;
      if (name === 'stderr' && process.env.RDC_E2E_ECHO) process.stderr.write(text);
      options.onOutput?.(printed.both, (signal) => void child.kill(signal));
    });
  }
  const heartbeat = setInterval(() => tellWhere(printed.both, env.RDC_PROVIDER), progressEveryMs);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? (signal === null ? -1 : -2)));
  }).finally(() => clearInterval(heartbeat));
  return { code, stdout: printed.stdout, stderr: printed.stderr };
}

const progressEveryMs = 30_000;

/** For whoever waits: the last line of what a long command printed. */
function tellWhere(printed: string, provider = ''): void {
  const line = plainLine(printed.slice(-4_000).trimEnd().split('\n').at(-1) ?? '').slice(0, 110);
  if (line !== '') process.stderr.write(`  ... ${provider} ${line}\n`);
}

/** A fresh folder for a run's results. */
export function outFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rdc-e2e-'));
}

/** A run that has to judge its machine: one that ends with another code than these is an error. */
export async function judged(
  machine: string,
  words: readonly string[],
  { out, codes = [0, 1] }: { readonly out: string; readonly codes?: readonly number[] },
): Promise<{ readonly code: number; readonly output: string; readonly results: Results }> {
  const { code, stdout, stderr } = await rdc(['run', machine, '--no-color', ...words, '--out', out], {
    timeoutMs: 1_800_000,
  });
  if (codes.includes(code)) return { code, output: stdout + stderr, results: readResults(join(out, machine)) };
  throw new RdcError('COMMAND', `rdc run ${machine} ended with ${code}: ${stderr.trim().slice(-400)}`, {
    hint: `./rdc run ${machine}, then again`,
  });
}

/** A script on the machine as root; it has to succeed. */
export async function onMachine(machine: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rdc(['ssh', machine, '--root', '--', script]);
  if (code === 0) return stdout;
  throw new Error(`on ${machine}: ${script}: exit code ${code}: ${stderr.slice(-500)}`);
}
