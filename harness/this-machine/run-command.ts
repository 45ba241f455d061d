import { appendFileSync, writeFileSync } from 'node:fs';
import { $, type ProcessOutput } from 'zx';
import { type ErrorCode, RdcError } from '../messages/errors.ts';
import { plainLine } from '../messages/plain-text.ts';
import { cachePath } from './paths.ts';

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export type CommandOptions = {
  readonly timeoutMs?: number;
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  readonly input?: string;
  /** ends the command and all it started, as its time limit does */
  readonly signal?: AbortSignal;
  /** it may ask on the terminal (sudo): it stays in our session, where Ctrl-C reaches it */
  readonly onTerminal?: boolean;
};

type Ended = { output: ProcessOutput; timedOut: boolean };

// Children lead process groups of their own: whoever ends us, none of them goes on in the background.
const running = new Set<number>();
process.once('exit', () => {
  for (const pid of running) killGroup(pid, 'SIGTERM');
});

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // it ended by itself
  }
}

/** zx asks for bash, which not every system has. */
const posixShell = { shell: '/bin/sh', prefix: '', quote: (word: string) => `'${word.replaceAll("'", `'\\''`)}'` };

/** zx leaves an empty input open, and a command that reads it would wait for ever. */
function stdin({ input, onTerminal }: CommandOptions): {
  input?: string;
  stdio?: ['ignore' | 'inherit', 'pipe', 'pipe'];
} {
  if (input) return { input };
  return { stdio: [onTerminal ? 'inherit' : 'ignore', 'pipe', 'pipe'] };
}

async function run(
  argv: readonly string[],
  options: CommandOptions & { timeoutMs: number },
  take?: (chunk: Buffer) => void,
): Promise<Ended> {
  const cwd = options.cwd ?? process.cwd();
  const env = { ...process.env, ...options.env };
  const detached = !options.onTerminal;
  const settings = { nothrow: true, quiet: true, detached, cwd, env, ...posixShell };
  const child = $({ ...settings, ...stdin(options) })`${[...argv]}`;
  const { pid } = child;
  const group = detached ? pid : undefined;
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    if (group === undefined) {
      child.child?.kill('SIGTERM');
      return;
    }
    killGroup(group, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(group, 'SIGKILL'), 10_000));
  };
  if (pid !== undefined) {
    if (group !== undefined) running.add(group);
    const late = (): void => {
      timedOut = true;
      end();
    };
    timers.push(setTimeout(late, options.timeoutMs));
    options.signal?.addEventListener('abort', end);
    if (options.signal?.aborted) end();
  }
  if (take) {
    child.stdout.on('data', take);
    child.stderr.on('data', take);
  }
  try {
    return { output: await child, timedOut };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    options.signal?.removeEventListener('abort', end);
    if (group !== undefined) running.delete(group);
  }
}

/** Runs a local command; its exit code is an answer. Throws TIMEOUT when it does not end in time. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const { output, timedOut } = await run(argv, { ...options, timeoutMs });
  if (timedOut) {
    throw new RdcError('TIMEOUT', `${argv.slice(0, 4).join(' ')} ... did not end within ${timeoutMs / 1000} s`);
  }
  return { exitCode: output.exitCode ?? 128, stdout: output.stdout, stderr: output.stderr };
}

/** The standard output of a local command that has to succeed; throws COMMAND with what it said. */
export async function mustRunCommand(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv, options);
  if (exitCode === 0) return stdout;
  throw new RdcError('COMMAND', `${argv[0]}: exit code ${exitCode}: ${plainLine(stderr, 400)}`);
}

export type LoggedOptions = CommandOptions & {
  /** name of the log below logs/ in the cache */
  readonly log: string;
  readonly code: ErrorCode;
  /** what was being done, for the message: `vagrant up debian-13` */
  readonly what: string;
  readonly onLine?: (line: string) => void;
};

/** Runs a long command with its output in a log file of the cache, which the error names. */
export async function runLogged(argv: readonly string[], options: LoggedOptions): Promise<void> {
  const log = cachePath('logs', `${options.log}.log`);
  const timeoutMs = options.timeoutMs ?? 600_000;
  writeFileSync(log, `$ ${argv.join(' ')}\n`);
  let rest = '';
  const take = (chunk: Buffer): void => {
    appendFileSync(log, chunk);
    const lines = (rest + String(chunk)).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) options.onLine?.(line);
  };
  const { output, timedOut } = await run(argv, { ...options, timeoutMs }, take);
  if (output.exitCode === 0) return;
  const last = lastLines(`${output.stdall}`);
  const end = timedOut ? `did not end within ${timeoutMs / 1000} s` : `exit code ${output.exitCode ?? output.signal}`;
  throw new RdcError(options.code, `${options.what}: ${end}${last}\n(its whole output: ${log})`, {
    hint: `tail -n 40 ${log}`,
  });
}

/** Pure: the end of what a command said, as lines of a message; `` where it said nothing. */
export function lastLines(text: string, count = 5): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return lines
    .slice(-count)
    .map((line) => `\n  ${plainLine(line, 200)}`)
    .join('');
}
