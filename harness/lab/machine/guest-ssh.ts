import { writeFileSync } from 'node:fs';
import { cachePath } from '../../this-machine/paths.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { type CommandResult, runCommand } from '../../this-machine/run-command.ts';
import { labPrefix } from '../hermetic/hermetic-lab.ts';

export type Guest = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly identityFile: string;
};
export type GuestUser = 'root' | 'tester';

/** Pins the keys a machine was provisioned with: ssh refuses any other from then on. */
export function pinHostKeys(guest: Guest, hostKeys: readonly string[]): void {
  const lines = hostKeys.map((key) => `${guest.host} ${key}\n`).join('');
  writeFileSync(knownHostsFile(guest.name), lines, { mode: 0o600 });
}

function knownHostsFile(name: string): string {
  return cachePath('machines', `${name}.known_hosts`);
}

export function sshCommand(guest: Guest, user: GuestUser): string[] {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHostsFile(guest.name)}`,
    'GlobalKnownHostsFile=/dev/null',
    'ConnectTimeout=10',
    'ServerAliveInterval=10',
    'LogLevel=ERROR',
  ].flatMap((option) => ['-o', option]);
  return [
    'ssh',
    '-F',
    '/dev/null',
    '-i',
    guest.identityFile,
    '-p',
    String(guest.port),
    ...options,
    `${user}@${guest.host}`,
  ];
}

export type Question = {
  readonly user: GuestUser;
  readonly script: string;
  /** what goes to the script's standard input, made anew for every attempt */
  readonly input?: () => string;
  /** nobody waits for the answer any more */
  readonly signal?: AbortSignal;
};

/** One shell command in the machine over the pinned host keys; 255 is ssh's own failure. */
export async function askGuest(guest: Guest, question: Question): Promise<CommandResult> {
  const argv = [...labPrefix(), ...sshCommand(guest, question.user), question.script];
  const { input, signal } = question;
  return await runCommand(argv, { timeoutMs: 60_000, input: input?.() ?? '', ...(signal ? { signal } : {}) });
}

/** Asks until the command succeeds; the last answer tells why it did not. */
export async function waitForGuest(guest: Guest, question: Question & { withinMs: number }): Promise<CommandResult> {
  const { withinMs, signal } = question;
  let last!: CommandResult;
  const ask = async () => {
    last = await askGuest(guest, question);
    return last.exitCode === 0;
  };
  await pollUntil(ask, { withinMs, everyMs: 500, signal });
  return last;
}

/** The machine's host keys as the network shows them, as OpenSSH public key lines. */
export async function scanHostKeys(guest: Guest): Promise<string[]> {
  const { stdout } = await runCommand([
    ...labPrefix(),
    'ssh-keyscan',
    '-T',
    '20',
    '-p',
    String(guest.port),
    '-t',
    'ed25519,ecdsa',
    guest.host,
  ]);
  return stdout
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(' ').slice(1, 3).join(' '))
    .sort();
}
