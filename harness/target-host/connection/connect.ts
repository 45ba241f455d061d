import { RdcError } from '../../messages/errors.ts';
import { forgetProbe, useProbe } from '../access/host-probe.ts';
import { readOnlyTarget, readOnlyTransport } from '../access/read-only.ts';
import { rebootMachine } from '../access/reboot.ts';
import type { ReadableTarget, RestartableTarget } from '../access/target.ts';
import { dropSharedContainers } from '../docker/container.ts';
import { forgetLoadedImage, useFixtureImage } from '../docker/load-image.ts';
import { type HostFacts, readHostFacts } from '../facts/host-facts.ts';
import { openTimed } from '../transport/call-timing.ts';
import { type ExecRecord, type Executor, executor } from '../transport/executor.ts';
import { forwardSocket } from '../transport/forward-socket.ts';
import { localTransport } from '../transport/local.ts';
import { quoteWord } from '../transport/quote.ts';
import { type RenewableTransport, renewable } from '../transport/reconnecting.ts';
import { sshTransport } from '../transport/ssh.ts';
import type { Transport } from '../transport/transport.ts';
import type { Connection } from './address.ts';

/** Where everything goes that is done on a target: commands with their answers, and what is asked of the daemon. */
export type Watch = { command(entry: ExecRecord): void; note(text: string): void };

export type ConnectedTarget = {
  readonly host: HostFacts;
  /** the forwarded socket of the daemon, in a folder of its own */
  readonly socketPath: string;
  /** the target as one check sees it */
  observedBy(watch: Watch): RestartableTarget;
  /** for an inspection by several checks: what would change the target is refused, the same question is asked once */
  readOnlyView(): (watch: Watch) => RestartableTarget;
  close(): Promise<void>;
};

function noRoot({ root }: Connection): Executor {
  const what = root === 'sudo' ? 'sudo -n is refused on the target' : 'this run has no root access to the target';
  const refuse = () => Promise.reject(new RdcError('ROOT', what, { hint: '--root-via sudo|ssh' }));
  return { exec: refuse, shell: refuse };
}

type Opened = {
  readonly connection: Connection;
  readonly user: RenewableTransport;
  readonly root: Transport | RenewableTransport | null;
  readonly host: HostFacts;
  readonly socketPath: string;
  /** one more login of the user's */
  openLogin(): Promise<Transport>;
};

/** Opens one connection for the user and one for root, reads the facts, forwards the API socket. */
export async function connectTarget(
  connection: Connection,
  readFacts: (target: Executor) => Promise<HostFacts> = readHostFacts,
): Promise<ConnectedTarget> {
  if (connection.image) {
    useFixtureImage(connection.image);
    useProbe(connection.image.probePath);
  }
  const userAddress = connection.user;
  const openLogin = () =>
    openTimed(() => (userAddress ? sshTransport(userAddress) : Promise.resolve(localTransport())));
  const user = await renewable(openLogin);
  // side by side: a login costs a second on an emulated machine, the facts some more
  const asRoot = connectRoot(connection, user);
  const reading = Promise.all([asRoot, connection.host ?? readFacts(executor(user))]);
  const [root, host] = await reading.catch(async (error) => {
    // a host that made no sense is left alone: it may go on sending for as long as the connection is there
    void asRoot.then((transport) => transport?.close()).catch(() => {});
    await user.close();
    throw error;
  });
  const socket = await forwardSocket(user, host.socket).catch(async (error) => {
    await Promise.all([user.close(), root?.close()]);
    throw error;
  });
  // testcontainers reads these when it first looks for a daemon
  process.env.DOCKER_HOST = `unix://${socket.path}`;
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  const opened: Opened = { connection, user, root, host, socketPath: socket.path, openLogin };
  return {
    host,
    socketPath: socket.path,
    observedBy: (watch) => observed(opened, watch),
    readOnlyView(this: ConnectedTarget) {
      const answers: NonNullable<ReadableTarget['answers']> = new Map();
      const [asUser, asRoot] = [readOnlyTransport(user), root && readOnlyTransport(root)];
      return (watch) =>
        readOnlyTarget(this.observedBy(watch), {
          ...executor(asUser, watch.command),
          answers,
          root: asRoot ? rootExecutor(asRoot, watch.command) : noRoot(connection),
        });
    },
    async close() {
      await dropSharedContainers(connection);
      await socket.close();
      await Promise.all([user.close(), root?.close()]);
    },
  };
}

function observed(opened: Opened, { command: record, note }: Watch): RestartableTarget {
  const { connection, user, root, host, socketPath, openLogin } = opened;
  const invalidate = async () => {
    await dropSharedContainers(connection);
    forgetLoadedImage(connection);
  };
  return {
    ...executor(user, record),
    name: connection.name,
    kind: connection.kind,
    facts: { host },
    root: root ? rootExecutor(root, record) : noRoot(connection),
    note,
    dockerSocket: socketPath,
    async login(script, options) {
      const transport = await openLogin();
      try {
        return await executor(transport, record).shell(script, options);
      } finally {
        await transport.close();
      }
    },
    invalidate,
    async loggedOut(work) {
      requireOwnRoot(root);
      await user.close();
      try {
        return await work();
      } finally {
        await user.renew();
      }
    },
    async reboot() {
      await invalidate();
      await rebootMachine(requireOwnRoot(root));
      // /tmp is emptied at boot
      forgetProbe(connection);
    },
  };
}

function rootExecutor(root: Transport, record: Watch['command']): Executor {
  return executor(root, (entry) => record({ ...entry, commandLine: `# ${entry.commandLine}` }));
}

async function connectRoot(connection: Connection, user: Transport): Promise<Transport | RenewableTransport | null> {
  const { root } = connection;
  if (root === 'none') return null;
  if (root !== 'sudo') return await renewable(() => openTimed(() => sshTransport(root)));
  const { connectSocket, close } = user;
  const run: Transport['run'] = (line, options) => user.run(`sudo -n -- sh -c ${quoteWord(line)}`, options);
  const viaSudo: Transport = { connectSocket, close, run };
  // a refused sudo ends with 1 and says nothing on stdout: whatever root looks for would seem not to be there
  return (await viaSudo.run('true')).code === 0 ? viaSudo : null;
}

/** Who works through the user's own session cannot end it and look on. */
function requireOwnRoot(root: Transport | RenewableTransport | null): RenewableTransport {
  if (root !== null && 'renew' in root) return root;
  throw new RdcError('ROOT', 'this run has no separate login for root', {
    hint: '--root-via ssh',
  });
}
