import { constants } from 'node:os';
import type { ClientChannel } from 'ssh2';
import { RdcError } from '../../messages/errors.ts';
import type { BoundedText } from './bounded-text.ts';
import { createSemaphore } from './semaphore.ts';
import { type Login, logIn, lostError, openChannel, type SshAddress } from './ssh-login.ts';
import { collectOutput, defaultTimeoutMs, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

/** sshd allows 10 sessions a connection (MaxSessions); forwarded sockets do not count. */
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

async function forwardOverSsh({ client, where, limits, lost }: Login, path: string): Promise<ClientChannel> {
  if (lost) throw lost;
  const timeoutMs = limits.socketTimeoutMs;
  const opening = openChannel(timeoutMs, (done) => client.openssh_forwardOutStreamLocal(path, done));
  const channel = await opening.catch((cause) => {
    throw new RdcError('TRANSPORT', `${where} refused a connection to ${path}`, { cause });
  });
  if (channel) return channel;
  throw new RdcError('TIMEOUT', `${where} did not open a connection to ${path} within ${timeoutMs} ms`);
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all that can end a command shares whether it is over
function runOverSsh(login: Login, commandLine: string, options: ExecOptions): Promise<ExecResult> {
  const { client, where, limits } = login;
  if (login.lost) return Promise.reject(login.lost);
  const timeoutMs = Math.min(options.timeoutMs ?? defaultTimeoutMs, limits.commandTimeoutMs);
  const { stdout, stderr, resultOf } = collectOutput(options.maxBytes);
  let end: number | string = 'ended without an exit status';
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
  const late = new RdcError('TIMEOUT', `a command on ${where} did not end within ${timeoutMs} ms`);
  const timer = setTimeout(() => fail(late), timeoutMs);
  const take = (text: BoundedText) => (chunk: Buffer) => {
    sent += chunk.length;
    if (!isOver) text.push(chunk);
    if (sent <= limits.floodBytes) return;
    const what = `disconnected from ${where}: a command sent more than ${limits.floodBytes} bytes`;
    login.lost ??= new RdcError('LOST', what);
    fail(login.lost);
    login.socket.destroy();
  };
  client.once('close', lose);
  const onOpen = (cause: Error | undefined, channel: ClientChannel) => {
    if (cause) return fail(new RdcError('TRANSPORT', `${where} refused a session`, { cause }));
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
      if (typeof end === 'number') resolve(resultOf(end));
      else reject(new RdcError('TRANSPORT', `a command on ${where} ${end}`));
    });
    // nobody waits for one that was opened too late
    if (isOver) channel.close();
    else channel.end(options.stdin ?? '');
  };
  try {
    client.exec(commandLine, onOpen);
  } catch {
    lose();
  }
  return promise;
}

/** The exit code, or what is wrong with how the command is said to have ended. */
function endOf(status: number | null, signal = ''): number | string {
  if (status !== null) return status > 255 ? 'ended with an invalid exit status' : status;
  const signals: Readonly<Record<string, number>> = constants.signals;
  const number = signals[`SIG${signal.replace(/^SIG/, '')}`];
  return number === undefined ? 'ended by an unknown signal' : 128 + number;
}
