import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
// biome-ignore lint/correctness/noUnresolvedImports: it is CommonJS, and Node sees only some of its names
import ssh2, {
  type Client,
  type ClientCallback,
  type ClientChannel,
  type ConnectConfig,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
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
  /** what to do when the login is refused, and when the host shows another key */
  readonly hints?: { readonly login: string; readonly hostKey: string };
  /** reached through a connection of this one */
  readonly jump?: SshAddress;
  /** for tests */
  readonly limits?: Partial<SshLimits>;
};

/** How long and how much a target may take. */
const defaultLimits = {
  /** connection, key exchange and login; behind a jump host the last two only */
  readyTimeoutMs: 60_000,
  /** a connection on which nothing answers for three of these is lost */
  keepaliveMs: 10_000,
  /** of a command, whatever it asks for */
  commandTimeoutMs: 2 ** 31 - 1,
  /** until the other side has opened a forwarded socket */
  socketTimeoutMs: 30_000,
  /** until the other side has ended the connection */
  farewellMs: 5_000,
  /** that one command may send, kept or not; more ends the connection, as nothing else stops it for sure */
  floodBytes: 256 * 1024 * 1024,
};

export type SshLimits = Readonly<typeof defaultLimits>;

function limitsOf({ limits }: SshAddress): SshLimits {
  return { ...defaultLimits, ...limits };
}

export type Login = {
  readonly client: Client;
  /** from this machine to the host or its jump host; destroying it ends everything at once */
  readonly socket: Socket;
  readonly where: string;
  readonly limits: SshLimits;
  /** why there is no connection any more */
  lost?: RdcError;
};

/** Goes through the jump host if there is one. Throws TRANSPORT, HOST_KEY, and INPUT for the identity file. */
export async function logIn(address: SshAddress): Promise<Login> {
  const { host, port, jump } = address;
  const config = loginConfig(address);
  const via = jump === undefined ? undefined : await logIn(jump);
  const socket = via?.socket ?? connect({ host, port, noDelay: true });
  try {
    const sock = jump && via ? await streamTo(address, jump, via) : socket;
    return await logInOver(address, { ...config, sock }, socket);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function streamTo(address: SshAddress, jump: SshAddress, via: Login): Promise<Duplex> {
  const { host, port } = address;
  const to = `${host}:${port}`;
  const { socketTimeoutMs } = limitsOf(address);
  const refusal = (what: string, hint: string, cause?: Error) =>
    new RdcError('TRANSPORT', `${via.where} ${what}`, { cause, hint });
  const isItUp = `is it up? ssh -p ${jump.port} ${jump.user}@${jump.host} nc -vz ${host} ${port}`;
  const opening = openChannel(socketTimeoutMs, (done) => via.client.forwardOut('127.0.0.1', 0, host, port, done));
  const stream = await opening.catch((cause) => {
    // 1 is "administratively prohibited"; the host's own words do not belong into a message
    if (cause.reason !== 1) throw refusal(`makes no connection to ${to}`, isItUp, cause);
    const settings = `sshd -T on ${jump.host}: AllowTcpForwarding, PermitOpen`;
    throw refusal(`allows no connection to ${to}`, settings, cause);
  });
  if (stream) return stream;
  throw refusal(`made no connection to ${to} within ${socketTimeoutMs} ms`, isItUp);
}

/** A channel of a connection, or undefined where there is none in time: one that comes later is closed. */
export async function openChannel(
  timeoutMs: number,
  open: (done: ClientCallback) => void,
): Promise<ClientChannel | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel | undefined>();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    resolve(undefined);
  }, timeoutMs);
  try {
    open((error, channel) => {
      if (error) reject(error);
      else if (isLate) channel.close();
      else resolve(channel);
    });
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function logInOver(address: SshAddress, config: ConnectConfig, socket: Socket): Promise<Login> {
  const { hints, hostKeys } = address;
  const where = `${address.user}@${address.host}:${address.port}`;
  const client = new ssh2.Client();
  const login: Login = { client, socket, where, limits: limitsOf(address) };
  client.setMaxListeners(64);
  config.sock?.setMaxListeners(0);
  return new Promise((resolve, reject) => {
    let isKeyForeign = false;
    let isReady = false;
    // stays after the login: a server may break the connection in the very packet that completes it
    const fail = (cause?: Error) => {
      socket.destroy();
      if (isReady) login.lost ??= lostError(where, cause);
      else if (isKeyForeign) {
        const what = `${where} presented a host key that is not the pinned one`;
        const hint = hints?.hostKey ?? 'if the machine was rebuilt: ./rdc run --fresh';
        reject(new RdcError('HOST_KEY', what, { cause, hint }));
      } else {
        const isUnreached = cause !== undefined && 'syscall' in cause;
        const hint = isUnreached
          ? `is the host up, and does its sshd listen on that port? ${address.host}:${address.port}`
          : hints?.login;
        const what = isUnreached ? 'reach' : 'log in to';
        reject(
          new RdcError('TRANSPORT', `cannot ${what} ${where}: ${causeOf(cause)}`, { cause, ...(hint && { hint }) }),
        );
      }
    };
    client.on('error', fail);
    client.on('close', () => fail());
    client.once('ready', () => {
      isReady = true;
      resolve(login);
    });
    const hostVerifier = (key: Buffer) => {
      isKeyForeign = !isPinned(key, hostKeys);
      return !isKeyForeign;
    };
    client.connect({ ...config, hostVerifier });
  });
}

export function lostError(where: string, cause?: Error): RdcError {
  const hint =
    'is the host still up? a machine of the lab has its console.log in the run folder, and ./rdc up brings it back';
  return new RdcError('LOST', `the SSH connection to ${where} is lost`, { hint, cause });
}

/** A server's own words do not belong into a message. */
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

/** The private key in a file; throws INPUT. */
export function readIdentity(file: string): Buffer {
  const refuse = (why: string, hint: string, cause?: unknown) =>
    new RdcError('INPUT', `the identity file ${file} ${why}`, { hint, cause });
  let text: Buffer;
  try {
    text = readRegularFile(file, 1024 * 1024);
  } catch (cause) {
    throw refuse(`cannot be read: ${systemErrorText(cause)}`, `ls -l ${file}`, cause);
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) {
    const why = `is not a usable private key: ${plainLine(key.message, 100)}`;
    if (!/passphrase/i.test(key.message)) throw refuse(why, 'ssh-keygen -t ed25519', key);
    throw refuse('needs a passphrase', `ssh-add ${file}   # then leave out --identity; the agent is used`, key);
  }
  if (![key].flat()[0]?.isPrivateKey()) throw refuse('is a public key', `--identity ${file.replace(/\.pub$/, '')}`);
  return text;
}

/** An RSA key signs in three ways. */
const algorithms: readonly ServerHostKeyAlgorithm[][] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
];

/** The kinds of the pinned keys first, as OpenSSH has it: a host shows one key, of the first kind that it has. */
export function hostKeyAlgorithms(hostKeys: readonly string[]): ServerHostKeyAlgorithm[] {
  const words = new Set(hostKeys.flatMap((line) => line.trim().split(/\s+/)));
  const { pinned = [], others = [] } = Object.groupBy(algorithms, (kind) =>
    kind.some((name) => words.has(name)) ? 'pinned' : 'others',
  );
  return [...pinned, ...others].flat();
}

export function isPinned(key: Buffer, hostKeys: readonly string[]): boolean {
  const blob = key.toString('base64');
  return blob !== '' && hostKeys.some((line) => line.trim().split(/\s+/).includes(blob));
}
