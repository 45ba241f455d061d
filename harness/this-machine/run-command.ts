import { appendFileSync, writeFileSync } from 'node:fs';
import { $, type ProcessOutput } from 'zx';
import { type ErrorCode, RdcError } from '../messages/errors.ts';
import { plainLine } from '../messages/plain-text.ts';
import { cachePath } from './paths.ts';

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

type CommandOptions = {
  readonly timeoutMs?: number;
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  readonly input?: string;
  /** ends the command and all it started, as its time limit does */
  readonly signal?: AbortSignal;
  /** it may ask on the terminal (sudo): it stays in our session, where Ctrl-C reaches it */
  readonly onTerminal?: boolean;
};

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
function stdin(input?: string, onTerminal = false): { input?: string; stdio?: ['ignore' | 'inherit', 'pipe', 'pipe'] } {
  return input ? { input } : { stdio: [onTerminal ? 'inherit' : 'ignore', 'pipe', 'pipe'] };
}

async function run(
  argv: readonly string[],
  { cwd = process.cwd(), env, input, signal, onTerminal, timeoutMs }: CommandOptions & { timeoutMs: number },
  take?: (chunk: Buffer) => void,
): Promise<{ output: ProcessOutput; timedOut: boolean }> {
  const detached = !onTerminal;
  const options = { nothrow: true, quiet: true, detached, cwd, env: { ...process.env, ...env }, ...posixShell };
  const child = $({ ...options, ...stdin(input, onTerminal) })`${[...argv]}`;
  const group = detached ? child.pid : undefined;
  let timedOut = false;
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (group === undefined) {
      child.child?.kill('SIGTERM');
      return;
    }
    killGroup(group, 'SIGTERM');
    killing ??= setTimeout(() => killGroup(group, 'SIGKILL'), 10_000);
  };
  const limit = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  if (group !== undefined) running.add(group);
  if (take) {
    child.stdout.on('data', take);
    child.stderr.on('data', take);
  }
  try {
    return { output: await child, timedOut };
  } finally {
    clearTimeout(limit);
    clearTimeout(killing);
    signal?.removeEventListener('abort', end);
    if (group !== undefined) running.delete(group);
  }
}

/** Runs a local command; its exit code is an answer. Throws TIMEOUT when it does not end in time. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { timeoutMs = 60_000 } = options;
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

type LoggedOptions = CommandOptions & {
  readonly log: string;
  readonly code: ErrorCode;
  /** what was being done, for the message: `vagrant up debian-13` */
  readonly what: string;
  readonly onLine?: (line: string) => void;
};

/** Runs a long command with its output in a log file of the cache, which the error names. */
export async function runLogged(argv: readonly string[], options: LoggedOptions): Promise<void> {
  const { code, what, onLine, timeoutMs = 600_000 } = options;
  const log = cachePath('logs', `${options.log}.log`);
  writeFileSync(log, `$ ${argv.join(' ')}\n`);
  let rest = '';
  const take = (chunk: Buffer): void => {
    appendFileSync(log, chunk);
    const lines = (rest + String(chunk)).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  };
  const { output, timedOut } = await run(argv, { ...options, timeoutMs }, take);
  if (output.exitCode === 0) return;
  const last = lastLines(`${output.stdall}`);
  const end = timedOut ? `did not end within ${timeoutMs / 1000} s` : `exit code ${output.exitCode ?? output.signal}`;
  throw new RdcError(code, `${what}: ${end}${last}\n(its whole output: ${log})`, { hint: `tail -n 40 ${log}` });
}

/** Pure: the end of what a command said, as lines of a message; `` where it said nothing. */
export function lastLines(text: string, count = 5): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return lines
    .slice(-count)
    .map((line) => `\n  ${plainLine(line, 200)}`)
    .join('');
}
