import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { RdcError } from '../errors.ts';
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
};

/** sshd's MaxSessions is 10 for a connection; forwarded sockets do not count. */
const maxSessions = 8;

const lostHint =
  'is the machine still running? its console.log is in the run folder; ./rdc up brings a machine of the lab back';

/** One connection with many channels. Errors: TRANSPORT (cannot connect), LOST, HOST_KEY, TIMEOUT. */
export async function sshTransport(address: SshAddress): Promise<Transport> {
  const client = await connect(address);
  const state: { lost?: RdcError } = {};
  const where = `${address.user}@${address.host}:${address.port}`;
  const lose = (cause?: Error) => {
    state.lost ??= new RdcError('LOST', `the SSH connection to ${where} is lost`, {
      hint: lostHint,
      ...(cause ? { cause } : {}),
    });
  };
  client.on('error', lose);
  client.on('close', () => lose());
  const sessions = createSemaphore(maxSessions);
  return {
    run: (commandLine, options = {}) =>
      sessions.use(async () => {
        if (state.lost) throw state.lost;
        return await runOverSsh(client, commandLine, { ...options, where });
      }),
    connectSocket: (path) => {
      if (state.lost) return Promise.reject(state.lost);
      return new Promise<Duplex>((resolve, reject) => {
        client.openssh_forwardOutStreamLocal(path, (error, channel) => {
          if (error) reject(new RdcError('TRANSPORT', `${where} refused a connection to ${path}`, { cause: error }));
          else resolve(channel);
        });
      });
    },
    close: () =>
      new Promise((resolve) => {
        if (state.lost) return resolve();
        client.once('close', () => resolve());
        client.end();
      }),
  };
}

function connect(address: SshAddress): Promise<Client> {
  const where = `${address.user}@${address.host}:${address.port}`;
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.setMaxListeners(64);
    let isKeyForeign = false;
    const fail = (cause: Error) => {
      client.end();
      if (isKeyForeign) {
        const what = `${where} presented a host key that is not the pinned one`;
        reject(new RdcError('HOST_KEY', what, { cause, hint: 'if the machine was rebuilt: ./rdc run --fresh' }));
      } else reject(new RdcError('TRANSPORT', `cannot log in to ${where}: ${cause.message}`, { cause }));
    };
    // not once: a connection that is reset says so, and then that it was lost before the handshake
    client.on('error', fail);
    client.once('ready', () => {
      client.removeListener('error', fail);
      resolve(client);
    });
    client.connect({
      ...loginConfig(address),
      hostVerifier: (key: Buffer) => {
        isKeyForeign = !isPinned(key, address.hostKeys);
        return !isKeyForeign;
      },
    });
  });
}

function loginConfig(address: SshAddress): ConnectConfig {
  const agent = process.env.SSH_AUTH_SOCK;
  const { host, port, user: username } = address;
  const timing = { readyTimeout: 60_000, keepaliveInterval: 10_000, keepaliveCountMax: 3 };
  if (address.identityFile === undefined) return { host, port, username, ...timing, ...(agent ? { agent } : {}) };
  try {
    return { host, port, username, ...timing, privateKey: readFileSync(address.identityFile) };
  } catch (cause) {
    throw new RdcError('INPUT', `cannot read the identity file ${address.identityFile}`, { cause });
  }
}

/** Compares the key blob itself: the base64 field of an OpenSSH public key line. */
export function isPinned(key: Buffer, hostKeys: readonly string[]): boolean {
  const blob = key.toString('base64');
  return blob !== '' && hostKeys.some((line) => line.trim().split(/\s+/).includes(blob));
}

function runOverSsh(
  client: Client,
  commandLine: string,
  options: ExecOptions & { where: string },
): Promise<ExecResult> {
  const { timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes, stdin = '', where } = options;
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let open: ClientChannel | undefined;
    const timer = setTimeout(() => {
      open?.close();
      reject(new RdcError('TIMEOUT', `a command on ${where} did not end within ${timeoutMs} ms`));
    }, timeoutMs);
    const lose = () => {
      clearTimeout(timer);
      reject(new RdcError('LOST', `the SSH connection to ${where} was lost while a command ran`, { hint: lostHint }));
    };
    client.once('close', lose);
    client.exec(commandLine, (error, channel) => {
      if (error) {
        clearTimeout(timer);
        client.removeListener('close', lose);
        reject(new RdcError('TRANSPORT', `${where} refused a session`, { cause: error }));
        return;
      }
      open = channel;
      const stdout = new BoundedText(maxBytes);
      const stderr = new BoundedText(maxBytes);
      let code: number | undefined;
      channel.on('exit', (status: number | null, signal?: string) => {
        code = status ?? 128 + signalNumber(signal);
      });
      channel.on('data', (chunk: Buffer) => stdout.push(chunk));
      channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      channel.once('close', () => {
        clearTimeout(timer);
        client.removeListener('close', lose);
        if (code === undefined) {
          reject(new RdcError('TRANSPORT', `a command on ${where} ended without an exit status`));
          return;
        }
        const truncated = stdout.truncated || stderr.truncated;
        const durationMs = performance.now() - startedAt;
        resolve({ code, stdout: stdout.toString(), stderr: stderr.toString(), truncated, durationMs });
      });
      channel.end(stdin);
    });
  });
}

function signalNumber(name: string | undefined): number {
  const key = `SIG${(name ?? '').replace(/^SIG/, '')}`;
  return Object.entries(constants.signals).find(([signal]) => signal === key)?.[1] ?? 0;
}
