import { dropSharedFixtures } from '../docker/fixture.ts';
import { forwardSocket } from '../docker/forward-socket.ts';
import { forgetLoadedImage, useFixtureImage } from '../docker/load-image.ts';
import { RdcError } from '../errors.ts';
import { type HostFacts, readHostFacts } from '../facts/host-facts.ts';
import { localTransport } from '../transport/local.ts';
import { quoteWord } from '../transport/quote.ts';
import { sshTransport } from '../transport/ssh.ts';
import type { Transport } from '../transport/transport.ts';
import type { Connection } from './connection.ts';
import { useProbe } from './host-probe.ts';
import { type ExecRecord, type Executor, executor, type Target } from './target.ts';

/** Where everything goes that is done on a target: commands with their answers, and what is asked of the daemon. */
export type Watch = { command(entry: ExecRecord): void; note(text: string): void };

export type ConnectedTarget = {
  readonly host: HostFacts;
  /** the target as one check sees it */
  observedBy(watch: Watch): Target;
  close(): Promise<void>;
};

const noRoot: Executor = {
  exec: () =>
    Promise.reject(
      new RdcError('TRANSPORT', 'this run has no way to be root on the target', { hint: '--root-via sudo' }),
    ),
  shell: () =>
    Promise.reject(
      new RdcError('TRANSPORT', 'this run has no way to be root on the target', { hint: '--root-via sudo' }),
    ),
};

/** Opens one connection for the user and one for root, reads the facts, forwards the API socket. */
export async function connectTarget(connection: Connection): Promise<ConnectedTarget> {
  if (connection.image) {
    useFixtureImage(connection.image);
    useProbe(connection.image.probePath);
  }
  const userAddress = connection.user;
  const user = userAddress ? await sshTransport(userAddress) : localTransport();
  const root = await connectRoot(connection, user);
  const host = connection.host ?? (await readHostFacts(executor(user)));
  const socket = await forwardSocket(user, host.socket);
  // testcontainers reads these when it first looks for a daemon
  process.env.DOCKER_HOST = `unix://${socket.path}`;
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  const openLogin = () => (userAddress ? sshTransport(userAddress) : Promise.resolve(localTransport()));
  return {
    host,
    observedBy: ({ command: record, note }) => ({
      ...executor(user, record),
      name: connection.name,
      kind: connection.kind,
      facts: { host },
      root: root ? executor(root, (entry) => record({ ...entry, commandLine: `# ${entry.commandLine}` })) : noRoot,
      note,
      dockerSocket: socket.path,
      async login(script, options) {
        const transport = await openLogin();
        try {
          return await executor(transport, record).shell(script, options);
        } finally {
          await transport.close();
        }
      },
      async invalidate() {
        await dropSharedFixtures(connection);
        forgetLoadedImage(connection);
      },
    }),
    async close() {
      await dropSharedFixtures(connection);
      await socket.close();
      await Promise.all([user.close(), root?.close()]);
    },
  };
}

async function connectRoot(connection: Connection, user: Transport): Promise<Transport | null> {
  if (connection.root === 'none') return null;
  if (connection.root !== 'sudo') return await sshTransport(connection.root);
  return { ...user, run: (line, options) => user.run(`sudo -n -- sh -c ${quoteWord(line)}`, options) };
}
