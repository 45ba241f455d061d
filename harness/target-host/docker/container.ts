import { randomUUID } from 'node:crypto';
import type { StartedTestContainer } from 'testcontainers';
import { fixtureImageTag } from '../../fixture-image/image.ts';
import { RdcError } from '../../messages/errors.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { refuseChange } from '../access/read-only.ts';
import type { Target } from '../access/target.ts';
import { timeCall } from '../transport/call-timing.ts';
import { ContainerRefused } from './container-refused.ts';
import type { ContainerOptions } from './container-request.ts';
import { dockerode, loadFixtureImage } from './load-image.ts';

const hostPidWithin = { withinMs: 5000, everyMs: 200 };

type ExecOutput = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
type DaemonError = { readonly statusCode?: number; readonly json?: { message?: string }; readonly message?: string };

/** A running container of the fixture image. `await using` stops and removes it. */
export type Container = AsyncDisposable & {
  readonly id: string;
  /** host PID of its first process, which has the container's nonce in its environment */
  hostPid(): Promise<number>;
  exec(argv: readonly string[], options?: { user?: string }): Promise<ExecOutput>;
  probe<T>(...args: readonly string[]): Promise<T>;
  stop(): Promise<void>;
};

/** Throws ContainerRefused; what that says of a check is in runner/verify/refused-container.ts. */
export async function startContainer(target: Target, options: ContainerOptions = {}): Promise<Container> {
  refuseChange(target, 'starting a container');
  await loadFixtureImage(target);
  const nonce = randomUUID();
  const { ContainerRequest, nonceLabel } = await import('./container-request.ts');
  target.note(`container of ${fixtureImageTag} with ${JSON.stringify(options)}`);
  const start = async () => await new ContainerRequest(options, nonce).start();
  const started = await timeCall('container', start).catch(async (error) => {
    const refusal = refusalOfDaemon(error);
    if (refusal === undefined) throw error;
    await removeNeverStarted(`${nonceLabel}=${nonce}`);
    throw new ContainerRefused(refusal.words, refusal.status, error);
  });
  return toContainer(target, started, nonce);
}

/** The daemon's words when it refuses to start such a container; null when it started one, which is removed. */
export async function refusalOf(target: Target, options: ContainerOptions): Promise<string | null> {
  try {
    await using _started = await startContainer(target, options);
    return null;
  } catch (error) {
    return await refusalIn(error, target);
  }
}

/** The daemon's words in what `startContainer` threw; another error is thrown on. */
export async function refusalIn(error: unknown, target: Target): Promise<string> {
  const words = error instanceof ContainerRefused ? error.message : refusalOfDaemon(error)?.words;
  if (words === undefined) throw error;
  target.note(`the daemon refuses: ${words}`);
  return words;
}

/** Another error, such as no connection, says nothing about the target. */
function refusalOfDaemon(error: unknown): { readonly words: string; readonly status: number } | undefined {
  const { statusCode: status = 0, json, message } = (error ?? {}) as DaemonError;
  return status < 400 ? undefined : { words: json?.message ?? message ?? `status ${status}`, status };
}

/** testcontainers leaves a container that the daemon created and refused to start. */
async function removeNeverStarted(label: string): Promise<void> {
  const client = await dockerode();
  const filters = { status: ['created'], label: [label] };
  for (const { Id } of await client.listContainers({ all: true, filters })) {
    await client.getContainer(Id).remove({ force: true });
  }
}

function toContainer(target: Target, started: StartedTestContainer, nonce: string): Container {
  const stop = async () => void (await started.stop({ timeout: 0 }));
  const exec: Container['exec'] = async (argv, options) => {
    const { exitCode, stdout, stderr } = await started.exec([...argv], options);
    const complaint = stderr === '' ? '' : `\nstderr: ${stderr.trimEnd()}`;
    target.note(`in the container: ${argv.join(' ')}\n${stdout.trimEnd()}${complaint}\nexit code ${exitCode}`);
    return { exitCode, stdout, stderr };
  };
  return {
    id: started.getId(),
    exec,
    probe: async <T>(...args: readonly string[]) => {
      const { stdout, exitCode, stderr } = await exec(['probe', ...args]);
      try {
        return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
      } catch (cause) {
        const what = `probe ${args.join(' ')} gave no answer (exit code ${exitCode}): ${stderr.slice(0, 200)}`;
        throw new RdcError('DAEMON', what, { cause });
      }
    },
    hostPid: () => findHostPid(target, started.getId(), nonce),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function findHostPid(target: Target, id: string, nonce: string): Promise<number> {
  const client = await dockerode();
  const claimed = (await client.getContainer(id).inspect()).State.Pid;
  // the daemon's word is only where to look first; the nonce in the environment decides
  const search = `for p in /proc/${claimed} /proc/[0-9]*; do grep -qzx 'RDC_NONCE=${nonce}' "$p/environ" 2>/dev/null && { echo "\${p#/proc/}"; exit; }; done`;
  // a start is over when runc's init goes on to the program, which is a moment before the kernel has its environment
  const pid = await pollUntil(async () => Number((await target.root.shell(search)).stdout.trim()), hostPidWithin);
  if (pid) return pid;
  throw new RdcError('DAEMON', `no process on the target belongs to the container ${id.slice(0, 12)}`);
}

const shared = new Map<string, Promise<Container>>();

/** One for each set of options, shared by checks that only look: a start costs seconds on an emulated machine. */
export function sharedContainer(target: Target, options: ContainerOptions = {}): Promise<Container> {
  refuseChange(target, 'starting a container');
  const key = `${target.name} ${JSON.stringify(options)}`;
  const container = shared.get(key) ?? startContainer(target, options);
  shared.set(key, container);
  container.catch(() => shared.delete(key));
  return container;
}

/** A daemon that was restarted or replaced may not have them any more. */
export async function dropSharedContainers(target: Pick<Target, 'name'>): Promise<void> {
  for (const [key, existing] of [...shared]) {
    if (!key.startsWith(`${target.name} `)) continue;
    shared.delete(key);
    await existing.then((container) => container.stop()).catch(() => {});
  }
}
