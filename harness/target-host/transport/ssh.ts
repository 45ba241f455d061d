import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { RdcError } from '../../messages/errors.ts';
import { BoundedText } from './bounded-text.ts';
import { createSemaphore } from './semaphore.ts';
import { type Login, logIn, lostError, type SshAddress } from './ssh-login.ts';
import { defaultMaxBytes, defaultTimeoutMs, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

/** sshd's MaxSessions is 10 for a connection; forwarded sockets do not count. */
const maxSessions = 8;

/** One connection with many channels. Errors: those of `logIn`; TRANSPORT, LOST, TIMEOUT. */
export async function sshTransport(address: SshAddress): Promise<Transport> {
  const login = await logIn(address);
  const sessions = createSemaphore(maxSessions);
  return {
    run: (commandLine, options = {}) => sessions.use(() => runOverSsh(login, commandLine, options)),
    connectSocket: (path) => forwardOverSsh(login, path),
    close: () => leave(login),
  };
}

/** A server need not answer the end of a connection. */
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

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all that can end a command shares whether it is over
function runOverSsh(login: Login, commandLine: string, options: ExecOptions): Promise<ExecResult> {
  const { client, where, limits } = login;
  const { maxBytes = defaultMaxBytes, stdin = '' } = options;
  const timeoutMs = Math.min(options.timeoutMs ?? defaultTimeoutMs, limits.commandTimeoutMs);
  const startedAt = performance.now();
  const [stdout, stderr] = [new BoundedText(maxBytes), new BoundedText(maxBytes)];
  let end: number | 'unknown signal' | undefined;
  let open: ClientChannel | undefined;
  let sent = 0;
  const { promise, resolve, reject } = Promise.withResolvers<ExecResult>();
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
    login.lost ??= new RdcError(
      'LOST',
      `disconnected from ${where}: a command sent more than ${limits.floodBytes} bytes`,
    );
    fail(login.lost);
    login.socket.destroy();
  };
  if (login.lost) {
    lose();
    return promise;
  }
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
  return promise;
}

function endOf(status: number | null, signal: string | undefined): number | 'unknown signal' {
  if (status !== null) return status;
  const number = signalNumber(signal);
  return number === 0 ? 'unknown signal' : 128 + number;
}

/** The exit code, or what is wrong with how the command is said to have ended. */
function codeOf(end: number | 'unknown signal' | undefined): number | string {
  if (end === undefined) return 'ended without an exit status';
  if (end === 'unknown signal') return 'ended by an unknown signal';
  return end > 255 ? 'ended with an invalid exit status' : end;
}

function signalNumber(name: string | undefined): number {
  const key = `SIG${(name ?? '').replace(/^SIG/, '')}`;
  return Object.entries(constants.signals).find(([signal]) => signal === key)?.[1] ?? 0;
}
