import { closeSync, existsSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type ErrorCode, RdcError } from '../messages/errors.ts';
import { runCommand, runLogged } from './run-command.ts';

export type RootStep = {
  /** as said before it is done: `install the packages a b` */
  readonly what: string;
  readonly commands: readonly (readonly string[])[];
  /** of the error when it fails */
  readonly code: ErrorCode;
};

type Options = { readonly log: string; readonly onStage: (text: string) => void };

const timeoutMs = 3_600_000;
const marker = 'rdc-step ';

/**
 * Does what needs root, all of it in one command, so that sudo asks once: on the terminal, after the steps were listed.
 * Throws HOST_SETUP with the commands to paste where there is no sudo or nobody can be asked.
 */
export async function runAsRoot(steps: readonly RootStep[], options: Options): Promise<void> {
  if (steps.length === 0) return;
  const root = await whoCanBeRoot();
  if ('why' in root) throw cannotAsk(steps, root.why, root.isInstalled ? 'sudo ' : '');
  const { prefix } = root;
  if (prefix.length > 0)
    options.onStage(`needs root, with one question by sudo at most:${steps.map(({ what }) => `\n  ${what}`).join('')}`);
  await runSteps(steps, prefix, options);
}

/** Does the steps as who we are. */
export async function runAsUser(steps: readonly RootStep[], options: Options): Promise<void> {
  await runSteps(steps, [], options);
}

async function runSteps(
  steps: readonly RootStep[],
  prefix: readonly string[],
  { log, onStage }: Options,
): Promise<void> {
  const [first] = steps;
  if (!first) return;
  let current = first;
  const onLine = (line: string): void => {
    const step = line.startsWith(marker) ? steps[Number(line.slice(marker.length))] : undefined;
    if (!step) return;
    current = step;
    onStage(step.what);
  };
  const argv = [...prefix, 'sh', '-euc', scriptOf(steps)];
  const options = { log, code: first.code, what: 'command', timeoutMs, onLine, onTerminal: prefix.length > 0 };
  await runLogged(argv, options).catch((error: unknown) => {
    if (!(error instanceof RdcError)) throw error;
    const what = error.message
      .replace(/^\[\w+\] command/, current.what.replace(/ \(.*\)$/, ''))
      .replaceAll(/\n {2}rdc-step \d+/g, '');
    throw new RdcError(current.code, what, { hint: error.hint ?? '', cause: error });
  });
}

function scriptOf(steps: readonly RootStep[]): string {
  const parts = steps.map(({ commands }, index) => [`echo ${marker}${index}`, ...commands.map(lineOf)].join('\n'));
  return `export DEBIAN_FRONTEND=noninteractive\n${parts.join('\n')}`;
}

/** What to put before a command of root's: nothing for root; or why there is nothing. `isInstalled` is sudo. */
export async function whoCanBeRoot(): Promise<
  { readonly prefix: readonly string[] } | { readonly why: string; readonly isInstalled: boolean }
> {
  if (process.getuid?.() === 0) return { prefix: [] };
  if (!isOnPath('sudo')) return { why: 'sudo is not installed', isInstalled: false };
  const isFree = (await runCommand(['sudo', '-n', 'true']).catch(() => ({ exitCode: 1 }))).exitCode === 0;
  if (isFree) return { prefix: ['sudo', '-n'] };
  // it asks on the terminal
  if (hasTerminal()) return { prefix: ['sudo'] };
  return { why: 'sudo has no terminal to ask for a password', isInstalled: true };
}

function cannotAsk(steps: readonly RootStep[], why: string, sudo: string): RdcError {
  const lines = steps.flatMap(({ commands }) => commands.map((argv) => `${sudo}${lineOf(argv)}`)).join(' && ');
  const what = steps.map((step) => step.what).join('; ');
  return new RdcError('HOST_SETUP', `root is needed, and ${why}: ${what}`, {
    hint: sudo === '' ? `as root: ${lines}` : lines,
  });
}

/** Whether somebody can be asked: /dev/tty opens only where there is a controlling terminal. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder || '/nowhere', command)));
}

function lineOf(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
