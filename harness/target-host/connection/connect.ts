import { RdcError } from '../../messages/errors.ts';
import { forgetProbe, useFixtureImage } from '../access/host-probe.ts';
import { readOnlyTarget, readOnlyTransport } from '../access/read-only.ts';
import { rebootMachine } from '../access/reboot.ts';
import type { RestartableTarget } from '../access/target.ts';
import { dropSharedContainers } from '../docker/container.ts';
import { forgetLoadedImage } from '../docker/load-image.ts';
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

/** Hears of everything that is done on a target. */
export type Watch = { command(entry: ExecRecord): void; note(text: string): void };

export type ConnectedTarget = {
  readonly host: HostFacts;
  readonly socketPath: string;
  /** the target as one check sees it */
  observedBy(watch: Watch): RestartableTarget;
  /** for an inspection by several checks: refuses changes, asks the same question once */
  readOnlyView(): (watch: Watch) => RestartableTarget;
  close(): Promise<void>;
};

/** Root through the user's session has no login to renew. */
type RootTransport = Transport | RenewableTransport | null;

export async function connectTarget(
  connection: Connection,
  readFacts: (target: Executor) => Promise<HostFacts> = readHostFacts,
): Promise<ConnectedTarget> {
  if (connection.image) useFixtureImage(connection.image);
  const opened = await openConnection(connection, readFacts);
  const { host, user, root, socket } = opened;
  // testcontainers reads these when it first looks for a daemon; commands of a local target get the user's own, also those
  // of a process that is started from here
  process.env.RDC_USER_DOCKER_HOST ??= process.env.DOCKER_HOST ?? '';
  process.env.DOCKER_HOST = `unix://${socket.path}`;
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  return {
    host,
    socketPath: socket.path,
    observedBy: (watch) => observed(opened, watch),
    readOnlyView() {
      const answers = new Map();
      const [asUser, asRoot] = [readOnlyTransport(user), root && readOnlyTransport(root)];
      return (watch) =>
        readOnlyTarget(observed(opened, watch), {
          ...executor(asUser, watch.command),
          answers,
          root: rootExecutor(connection, asRoot, watch),
        });
    },
    async close() {
      await dropSharedContainers(connection);
      await socket.close();
      await Promise.all([user.close(), root?.close()]);
    },
  };
}

type Opened = Awaited<ReturnType<typeof openConnection>>;

async function openConnection(connection: Connection, readFacts: (target: Executor) => Promise<HostFacts>) {
  const address = connection.user;
  const openLogin = () => openTimed(async () => (address ? await sshTransport(address) : localTransport()));
  const user = await renewable(openLogin);
  // at the same time: each costs a second on an emulated machine
  const asRoot = connectRoot(connection, user);
  const reading = Promise.all([asRoot, connection.host ?? readFacts(executor(user))]);
  const [root, host] = await reading.catch(async (error) => {
    // not waited for: a host that makes no sense may send on as long as it is connected
    void asRoot.then((transport) => transport?.close()).catch(() => {});
    await user.close();
    throw error;
  });
  const socket = await forwardSocket(user, host.socket).catch(async (error) => {
    await Promise.all([user.close(), root?.close()]);
    throw error;
  });
  return { connection, user, root, host, socket, openLogin };
}

function observed(opened: Opened, watch: Watch): RestartableTarget {
  const { connection, user, root, host, socket, openLogin } = opened;
  const invalidate = async () => {
    await dropSharedContainers(connection);
    forgetLoadedImage(connection);
  };
  return {
    ...executor(user, watch.command),
    name: connection.name,
    kind: connection.kind,
    facts: { host },
    root: rootExecutor(connection, root, watch),
    note: watch.note,
    dockerSocket: socket.path,
    async login(script, options) {
      const transport = await openLogin();
      try {
        return await executor(transport, watch.command).shell(script, options);
      } finally {
        await transport.close();
      }
    },
    invalidate,
    async loggedOut(work) {
      requireOwnLogin(root);
      await user.close();
      try {
        return await work();
      } finally {
        await user.renew();
      }
    },
    async reboot() {
      await invalidate();
      await rebootMachine(requireOwnLogin(root));
      forgetProbe(connection);
    },
  };
}

function rootExecutor(connection: Connection, root: RootTransport, watch: Watch): Executor {
  if (root) return executor(root, (entry) => watch.command({ ...entry, commandLine: `# ${entry.commandLine}` }));
  const isRefused = connection.root === 'sudo';
  const what = isRefused ? 'sudo -n is refused on the target' : 'this run has no root access to the target';
  const refuse = () => Promise.reject(new RdcError('ROOT', what, { hint: '--root-via sudo|ssh' }));
  return { exec: refuse, shell: refuse };
}

async function connectRoot({ root }: Connection, user: Transport): Promise<RootTransport> {
  if (root === 'none') return null;
  if (root !== 'sudo') return await renewable(() => openTimed(() => sshTransport(root)));
  const { connectSocket, close } = user;
  const run: Transport['run'] = (line, options) => user.run(`sudo -n -- sh -c ${quoteWord(line)}`, options);
  // a refused sudo ends with 1 and prints nothing, as if what is looked for were not there
  return (await run('true')).code === 0 ? { connectSocket, close, run } : null;
}

function requireOwnLogin(root: RootTransport): RenewableTransport {
  if (root && 'renew' in root) return root;
  throw new RdcError('ROOT', 'this run has no separate login for root', { hint: '--root-via ssh' });
}
