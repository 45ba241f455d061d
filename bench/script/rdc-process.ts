import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

/** In the output of a run: there is a verdict. */
export const isVerdict = /^\S+: +\d+\/\d+ +(ok|FAIL|ERROR|blocked|skip) /m;

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RdcOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer | undefined;
  readonly timeoutMs?: number;
  /** called with everything printed so far, in the order in which it came, whenever something is printed: to act in the middle of a run */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
};

/** The command line as a user calls it, in a process of its own. */
export function rdc(words: readonly string[], options: RdcOptions = {}): Promise<Ended> {
  return run(join(checkout, 'rdc'), words, options);
}

/** A script of the project in a Node of its own; its path is from the project's root. */
export function inNode([script = '', ...words]: readonly string[]): Promise<Ended> {
  return run(process.execPath, [join(checkout, script), ...words], {});
}

function run(file: string, words: readonly string[], options: RdcOptions): Promise<Ended> {
  const env = { ...process.env, ...options.env };
  // vitest marks its workers; a run of ours inside must not take itself for one
  for (const name of Object.keys(env)) if (/^(VITEST|TEST$|NODE_ENV)/.test(name)) delete env[name];
  const child = spawn(file, [...words], { env, cwd: tmpdir(), timeout: options.timeoutMs });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  let stdout = '';
  let stderr = '';
  let printed = '';
  const heartbeat = setInterval(() => tellWhere(printed, env.RDC_PROVIDER), progressEveryMs);
  const heard = (text: string) => {
    printed += text;
    options.onOutput?.(printed, (signal) => void child.kill(signal));
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
    heard(chunk.toString('utf8'));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
    if (process.env.RDC_E2E_ECHO) process.stderr.write(chunk);
    heard(chunk.toString('utf8'));
  });
  return new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === null ? -1 : -2), stdout, stderr }));
  }).finally(() => clearInterval(heartbeat));
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

/** A script on the machine as root; it has to succeed. */
export async function onMachine(machine: string, script: string): Promise<string> {
  const ended = await rdc(['ssh', machine, '--root', '--', script]);
  if (ended.code !== 0)
    throw new Error(`on ${machine}: ${script}: exit code ${ended.code}: ${ended.stderr.slice(-500)}`);
  return ended.stdout;
}
