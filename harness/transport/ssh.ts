import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
// biome-ignore lint/correctness/noUnresolvedImports: it is CommonJS, and Node sees only some of its names
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { RdcError } from '../errors.ts';
import { plainLine } from '../plain-text.ts';
import { BoundedText } from './bounded-text.ts';
import { createSemaphore } from './semaphore.ts';
import { defaultMaxBytes, defaultTimeoutMs, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

export type SshAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** private key file; without it the agent of the environment is asked */
  readonly identityFile?: string;
  /** pinned public host keys as OpenSSH writes them: `ssh-ed25519 AAAA...` */
  readonly hostKeys: readonly string[];
  /** instead of the defaults; for tests */
  readonly limits?: Partial<SshLimits>;
};

/** How long and how much a target may take; tests ask for less. */
export type SshLimits = {
  /** connection, key exchange and login together */
  readonly readyTimeoutMs: number;
  /** a connection on which nothing answers for three of these is lost */
  readonly keepaliveMs: number;
  /** of a command, however long it asks for; by default it has what it asks for, or 60 s */
  readonly commandTimeoutMs: number;
  /** until the other side has opened a forwarded socket */
  readonly socketTimeoutMs: number;
  /** for the end of the connection, once it was asked for */
  readonly farewellMs: number;
  /** that one command may send, whatever is kept of it; more costs the connection, since nothing else stops it for sure */
  readonly floodBytes: number;
};

export const defaultSshLimits: SshLimits = {
  readyTimeoutMs: 60_000,
  keepaliveMs: 10_000,
  commandTimeoutMs: 2 ** 31 - 1,
  socketTimeoutMs: 30_000,
  farewellMs: 5_000,
  floodBytes: 256 * 1024 * 1024,
};

/** sshd's MaxSessions is 10 for a connection; forwarded sockets do not count. */
const maxSessions = 8;

const lostHint =
  'is the machine still running? its console.log is in the run folder; ./rdc up brings a machine of the lab back';

/** One login: its connection, and why there is none any more. */
type Login = {
  readonly client: Client;
  readonly socket: Socket;
  readonly where: string;
  readonly limits: SshLimits;
  lost?: RdcError;
};

/** One connection with many channels. Errors: TRANSPORT (cannot connect), LOST, HOST_KEY, TIMEOUT. */
export async function sshTransport(address: SshAddress): Promise<Transport> {
  const login = await connectTo(address, { ...defaultSshLimits, ...address.limits });
  const sessions = createSemaphore(maxSessions);
  return {
    run: (commandLine, options = {}) => sessions.use(() => runOverSsh(login, commandLine, options)),
    connectSocket: (path) => forwardOverSsh(login, path),
    close: () => leave(login),
  };
}

function connectTo(address: SshAddress, limits: SshLimits): Promise<Login> {
  const { host, port } = address;
  const where = `${address.user}@${host}:${port}`;
  const config = loginConfig(address, limits);
  const socket = connect({ host, port, noDelay: true });
  const login: Login = { client: new ssh2.Client(), socket, where, limits };
  const { client } = login;
  client.setMaxListeners(64);
  socket.setMaxListeners(0);
  return new Promise((resolve, reject) => {
    let isKeyForeign = false;
    let isReady = false;
    // one listener for good: a server may break the connection in the very packet that completes the login
    const fail = (cause?: Error) => {
      socket.destroy();
      if (isReady) login.lost ??= lostError(where, cause);
      else if (isKeyForeign) {
        const what = `${where} presented a host key that is not the pinned one`;
        reject(new RdcError('HOST_KEY', what, { cause, hint: 'if the machine was rebuilt: ./rdc run --fresh' }));
      } else reject(new RdcError('TRANSPORT', `cannot log in to ${where}: ${causeOf(cause)}`, { cause }));
    };
    client.on('error', fail);
    client.on('close', () => fail());
    client.once('ready', () => {
      isReady = true;
      resolve(login);
    });
    client.connect({
      ...config,
      sock: socket,
      hostVerifier: (key: Buffer) => {
        isKeyForeign = !isPinned(key, address.hostKeys);
        return !isKeyForeign;
      },
    });
  });
}

function lostError(where: string, cause?: Error): RdcError {
  return new RdcError('LOST', `the SSH connection to ${where} is lost`, {
    hint: lostHint,
    ...(cause ? { cause } : {}),
  });
}

/** What the server says of a disconnection is its own text, and belongs into no message. */
function causeOf(cause: (Error & { level?: string; code?: unknown }) | undefined): string {
  if (cause === undefined) return 'it closed the connection';
  return cause.level === undefined && typeof cause.code === 'number'
    ? `it ended the connection (reason ${cause.code} of RFC 4253)`
    : plainLine(cause.message, 200);
}

/** A server need not answer a farewell. */
async function leave({ client, socket, limits }: Login): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const timer = setTimeout(() => socket.destroy(), limits.farewellMs);
  client.end();
  await closed;
  clearTimeout(timer);
}

function forwardOverSsh(login: Login, path: string): Promise<Duplex> {
  const { client, where, limits } = login;
  return new Promise((resolve, reject) => {
    if (login.lost) return reject(login.lost);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      const what = `${where} did not open a connection to ${path} within ${limits.socketTimeoutMs} ms`;
      reject(new RdcError('TIMEOUT', what));
    }, limits.socketTimeoutMs);
    client.openssh_forwardOutStreamLocal(path, (error, channel) => {
      clearTimeout(timer);
      if (error) reject(new RdcError('TRANSPORT', `${where} refused a connection to ${path}`, { cause: error }));
      else if (isLate) channel.close();
      else resolve(channel);
    });
  });
}

function loginConfig(address: SshAddress, limits: SshLimits): ConnectConfig {
  const agent = process.env.SSH_AUTH_SOCK;
  const { host, port, user: username } = address;
  const { readyTimeoutMs: readyTimeout, keepaliveMs: keepaliveInterval } = limits;
  const timing = { readyTimeout, keepaliveInterval, keepaliveCountMax: 3 };
  if (address.identityFile === undefined) return { host, port, username, ...timing, ...(agent ? { agent } : {}) };
  return { host, port, username, ...timing, privateKey: readKey(address.identityFile) };
}

function readKey(file: string): Buffer {
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch (cause) {
    throw new RdcError('INPUT', `cannot read the identity file ${file}`, { cause });
  }
  const parsed = ssh2.utils.parseKey(key);
  if (!(parsed instanceof Error)) return key;
  throw new RdcError('INPUT', `${file} is no private key that can be used: ${plainLine(parsed.message, 100)}`, {
    hint: 'a key with a passphrase goes into the agent: ssh-add; then leave --identity out',
    cause: parsed,
  });
}

/** Compares the key blob itself: the base64 field of an OpenSSH public key line. */
export function isPinned(key: Buffer, hostKeys: readonly string[]): boolean {
  const blob = key.toString('base64');
  return blob !== '' && hostKeys.some((line) => line.trim().split(/\s+/).includes(blob));
}

function runOverSsh(login: Login, commandLine: string, options: ExecOptions): Promise<ExecResult> {
  const { client, where, limits } = login;
  const { maxBytes = defaultMaxBytes, stdin = '' } = options;
  const timeoutMs = Math.min(options.timeoutMs ?? defaultTimeoutMs, limits.commandTimeoutMs);
  const startedAt = performance.now();
  const [stdout, stderr] = [new BoundedText(maxBytes), new BoundedText(maxBytes)];
  let end: number | 'unknown signal' | undefined;
  let open: ClientChannel | undefined;
  let sent = 0;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const over = () => {
      isOver = true;
      clearTimeout(timer);
      client.removeListener('close', lose);
      open?.close();
    };
    const fail = (error: RdcError) => {
      if (!isOver) over();
      reject(error);
    };
    const lose = () => fail(login.lost ?? lostError(where));
    const timer = setTimeout(
      () => fail(new RdcError('TIMEOUT', `a command on ${where} did not end within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const take = (text: BoundedText) => (chunk: Buffer) => {
      sent += chunk.length;
      if (!isOver) text.push(chunk);
      if (sent <= limits.floodBytes) return;
      login.lost ??= new RdcError('LOST', `${where} was left: a command sent more than ${limits.floodBytes} bytes`);
      fail(login.lost);
      login.socket.destroy();
    };
    if (login.lost) return lose();
    client.once('close', lose);
    const onOpen = (error: Error | undefined, channel: ClientChannel) => {
      if (error) return fail(new RdcError('TRANSPORT', `${where} refused a session`, { cause: error }));
      open = channel;
      channel.on('error', () => channel.close());
      channel.once('exit', (status: number | null, signal?: string) => {
        end = endOf(status, signal);
      });
      channel.on('data', take(stdout));
      channel.stderr.on('data', take(stderr));
      channel.once('close', () => {
        if (isOver) return;
        over();
        const code = codeOf(end);
        if (typeof code === 'string') return reject(new RdcError('TRANSPORT', `a command on ${where} ${code}`));
        const truncated = stdout.truncated || stderr.truncated;
        const durationMs = performance.now() - startedAt;
        resolve({ code, stdout: stdout.toString(), stderr: stderr.toString(), truncated, durationMs });
      });
      // one that was opened too late runs for nobody
      if (isOver) channel.close();
      else channel.end(stdin);
    };
    try {
      client.exec(commandLine, onOpen);
    } catch {
      lose();
    }
  });
}

function endOf(status: number | null, signal: string | undefined): number | 'unknown signal' {
  if (status !== null) return status;
  const number = signalNumber(signal);
  return number === 0 ? 'unknown signal' : 128 + number;
}

/** The exit code, or what is wrong with how the command is said to have ended. */
function codeOf(end: number | 'unknown signal' | undefined): number | string {
  if (end === undefined) return 'ended without an exit status';
  if (end === 'unknown signal') return 'was ended by a signal that is none';
  return end > 255 ? 'ended with an exit status that no program has' : end;
}

function signalNumber(name: string | undefined): number {
  const key = `SIG${(name ?? '').replace(/^SIG/, '')}`;
  return Object.entries(constants.signals).find(([signal]) => signal === key)?.[1] ?? 0;
}
