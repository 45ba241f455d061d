import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
// biome-ignore lint/correctness/noUnresolvedImports: it is CommonJS, and Node sees only some of its names
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { systemErrorText } from '../../messages/error-text.ts';
import { RdcError } from '../../messages/errors.ts';
import { plainLine } from '../../messages/plain-text.ts';
import { readRegularFile } from '../../this-machine/read-file.ts';

export type SshAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** private key file without a passphrase */
  readonly identityFile?: string;
  /** more private key files; one that cannot be used, for instance without its passphrase, is not offered */
  readonly defaultIdentities?: readonly string[];
  /** socket of an ssh-agent, asked after the files */
  readonly agentSocket?: string;
  /** pinned public host keys as OpenSSH writes them: `ssh-ed25519 AAAA...` */
  readonly hostKeys: readonly string[];
  /** what to do when the login is refused, and when the host has another key */
  readonly hints?: { readonly login: string; readonly hostKey: string };
  /** the host is reached through a connection of this one */
  readonly jump?: SshAddress;
  readonly limits?: Partial<SshLimits>;
};

/** How long and how much a target may take; tests ask for less. */
export type SshLimits = {
  /** connection, key exchange and login together; behind a jump host without the connection, which is a forwarded socket */
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

const defaultSshLimits: SshLimits = {
  readyTimeoutMs: 60_000,
  keepaliveMs: 10_000,
  commandTimeoutMs: 2 ** 31 - 1,
  socketTimeoutMs: 30_000,
  farewellMs: 5_000,
  floodBytes: 256 * 1024 * 1024,
};

const lostHint =
  'is the host still up? a machine of the lab has its console.log in the run folder, and ./rdc up brings it back';

/** One login: its connection, and why there is none any more. */
export type Login = {
  readonly client: Client;
  /** of this machine, to the host or its jump host: to destroy it ends everything at once, whatever the others do */
  readonly socket: Socket;
  readonly where: string;
  readonly limits: SshLimits;
  lost?: RdcError;
};

/**
 * A connection that is logged in, through the jump host where the address has one; each of the two has the limits of its
 * address. Errors: TRANSPORT (no connection, no login), HOST_KEY, INPUT (the identity file).
 */
export async function logIn(address: SshAddress): Promise<Login> {
  const { host, port, jump } = address;
  const config = loginConfig(address);
  const via = jump === undefined ? undefined : await logIn(jump);
  const socket = via?.socket ?? connect({ host, port, noDelay: true });
  try {
    const stream = jump && via ? await streamTo(address, jump, via) : socket;
    return await logInOver(address, { config, socket, stream });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function limitsOf({ limits }: SshAddress): SshLimits {
  return { ...defaultSshLimits, ...limits };
}

/** A connection to the address, made by its jump host. */
function streamTo(address: SshAddress, jump: SshAddress, via: Login): Promise<Duplex> {
  const { host, port } = address;
  const { socketTimeoutMs } = limitsOf(address);
  const to = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const refuse = (what: string, cause?: Error) => {
      clearTimeout(timer);
      // what the host says of it is not for a message; its reason is a number: 1 is "administratively prohibited"
      const isForbidden = cause !== undefined && 'reason' in cause && cause.reason === 1;
      const message = `${via.where} ${isForbidden ? `allows no connection to ${to}` : what}`;
      const hint = isForbidden
        ? `sshd -T on ${jump.host}: AllowTcpForwarding, PermitOpen`
        : `is it up? ssh -p ${jump.port} ${jump.user}@${jump.host} nc -vz ${host} ${port}`;
      reject(new RdcError('TRANSPORT', message, { cause, hint }));
    };
    const late = `made no connection to ${to} within ${socketTimeoutMs} ms`;
    const timer = setTimeout(() => refuse(late), socketTimeoutMs);
    try {
      via.client.forwardOut('127.0.0.1', 0, host, port, (cause, stream) => {
        clearTimeout(timer);
        if (cause) refuse(`makes no connection to ${to}`, cause);
        else resolve(stream);
      });
    } catch (cause) {
      // the connection to the jump host is gone
      refuse(`makes no connection to ${to}`, cause instanceof Error ? cause : undefined);
    }
  });
}

type Way = { readonly config: ConnectConfig; readonly socket: Socket; readonly stream: Duplex };

function logInOver(address: SshAddress, { config, socket, stream }: Way): Promise<Login> {
  const where = `${address.user}@${address.host}:${address.port}`;
  const login: Login = { client: new ssh2.Client(), socket, where, limits: limitsOf(address) };
  const { client } = login;
  client.setMaxListeners(64);
  stream.setMaxListeners(0);
  return new Promise((resolve, reject) => {
    let isKeyForeign = false;
    let isReady = false;
    // one listener for good: a server may break the connection in the very packet that completes the login
    const fail = (cause?: Error) => {
      socket.destroy();
      if (isReady) login.lost ??= lostError(where, cause);
      else if (isKeyForeign) {
        const what = `${where} presented a host key that is not the pinned one`;
        const hint = address.hints?.hostKey ?? 'if the machine was rebuilt: ./rdc run --fresh';
        reject(new RdcError('HOST_KEY', what, { cause, hint }));
      } else {
        const isUnreached = cause !== undefined && 'syscall' in cause;
        const hint = isUnreached
          ? `is the host up, and does its sshd listen on that port? ${address.host}:${address.port}`
          : address.hints?.login;
        const what = isUnreached ? 'reach' : 'log in to';
        const details = { cause, ...(hint === undefined ? {} : { hint }) };
        reject(new RdcError('TRANSPORT', `cannot ${what} ${where}: ${causeOf(cause)}`, details));
      }
    };
    client.on('error', fail);
    client.on('close', () => fail());
    client.once('ready', () => {
      isReady = true;
      resolve(login);
    });
    client.connect({
      ...config,
      sock: stream,
      hostVerifier: (key: Buffer) => {
        isKeyForeign = !isPinned(key, address.hostKeys);
        return !isKeyForeign;
      },
    });
  });
}

export function lostError(where: string, cause?: Error): RdcError {
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

function loginConfig(address: SshAddress): ConnectConfig {
  const { host, port, user: username, agentSocket } = address;
  const { readyTimeoutMs: readyTimeout, keepaliveMs: keepaliveInterval } = limitsOf(address);
  const keys = identitiesOf(address).map((key) => ({ type: 'publickey' as const, username, key }));
  const agent = agentSocket === undefined ? [] : [{ type: 'agent' as const, username, agent: agentSocket }];
  return {
    host,
    port,
    username,
    readyTimeout,
    keepaliveInterval,
    keepaliveCountMax: 3,
    algorithms: { serverHostKey: hostKeyAlgorithms(address.hostKeys) },
    authHandler: [...keys, ...agent],
  };
}

function identitiesOf({ identityFile, defaultIdentities = [] }: SshAddress): Buffer[] {
  const usable = (file: string) => {
    try {
      return [readIdentity(file)];
    } catch {
      return [];
    }
  };
  return [...(identityFile === undefined ? [] : [readIdentity(identityFile)]), ...defaultIdentities.flatMap(usable)];
}

const maxIdentityBytes = 1024 * 1024;

/** The private key in a file. Throws INPUT where it cannot be read, is no private key, or wants a passphrase. */
export function readIdentity(file: string): Buffer {
  const refuse = (why: string, hint: string, cause?: unknown) =>
    new RdcError('INPUT', `the identity file ${file} ${why}`, { hint, ...(cause === undefined ? {} : { cause }) });
  let text: Buffer;
  try {
    text = readRegularFile(file, maxIdentityBytes);
  } catch (cause) {
    throw refuse(`cannot be read: ${systemErrorText(cause)}`, `ls -l ${file}`, cause);
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) {
    const why = `is not a usable private key: ${plainLine(key.message, 100)}`;
    if (!/passphrase/i.test(key.message)) throw refuse(why, 'ssh-keygen -t ed25519', key);
    throw refuse('needs a passphrase', `ssh-add ${file}   # then leave out --identity; the agent is used`, key);
  }
  const isPrivate = (Array.isArray(key) ? key[0] : key)?.isPrivateKey() === true;
  if (!isPrivate) throw refuse('is a public key', `--identity ${file.replace(/\.pub$/, '')}`);
  return text;
}

const algorithms: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/** The kinds of the keys that are pinned first, as OpenSSH has it: a host shows one key, of the kind that it is asked for. */
export function hostKeyAlgorithms(hostKeys: readonly string[]): ServerHostKeyAlgorithm[] {
  const words = new Set(hostKeys.flatMap((line) => line.trim().split(/\s+/)));
  const isKnown = (kind: string) => words.has(kind);
  const kinds = Object.keys(algorithms);
  return [...kinds.filter(isKnown), ...kinds.filter((kind) => !isKnown(kind))].flatMap(
    (kind) => algorithms[kind] ?? [],
  );
}

export function isPinned(key: Buffer, hostKeys: readonly string[]): boolean {
  const blob = key.toString('base64');
  return blob !== '' && hostKeys.some((line) => line.trim().split(/\s+/).includes(blob));
}
