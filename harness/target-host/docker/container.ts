import { randomUUID } from 'node:crypto';
import type { StartedTestContainer } from 'testcontainers';
import { fixtureImageTag } from '../../fixture-image/image.ts';
import { RdcError } from '../../messages/errors.ts';
import { refuseChange } from '../access/read-only.ts';
import type { Target } from '../access/target.ts';
import { timeCall } from '../transport/call-timing.ts';
import { type ContainerOptions, nonceLabel } from './container-options.ts';
import { ContainerRefused } from './container-refused.ts';
import { loadFixtureImage } from './load-image.ts';

type ExecOutput = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** A running container of the fixture image. `await using` stops and removes it. */
export type Container = AsyncDisposable & {
  readonly id: string;
  /** host PID of the container's first process, confirmed by the nonce in its environment */
  hostPid(): Promise<number>;
  exec(argv: readonly string[], options?: { user?: string }): Promise<ExecOutput>;
  /** the one line of JSON that a `probe` subcommand prints */
  probe<T>(...args: readonly string[]): Promise<T>;
  stop(): Promise<void>;
};

/**
 * Starts a container through testcontainers. Throws ContainerRefused when the daemon refuses it: where nobody catches that
 * the check is red, or blocked where the daemon starts none at all (see runner/verify/refused-container.ts).
 */
export async function startContainer(target: Target, options: ContainerOptions = {}): Promise<Container> {
  refuseChange(target, 'starting a container');
  await loadFixtureImage(target);
  const nonce = randomUUID();
  // imported when first needed: listing the checks must not wait for a Docker client
  const { ContainerRequest } = await import('./container-request.ts');
  target.note(`container of ${fixtureImageTag} with ${JSON.stringify(options)}`);
  const start = async () => await new ContainerRequest(options, nonce).start();
  const started = await timeCall('container', start).catch(async (error) => {
    const refusal = refusalOfDaemon(error);
    if (refusal === undefined) throw error;
    await removeNeverStarted(nonce);
    throw new ContainerRefused(refusal.words, refusal.status, error);
  });
  return toFixture(target, started, nonce);
}

/** The daemon's words when it refuses to start such a container, or null when it started (it is removed again). */
export async function refusalOf(target: Target, options: ContainerOptions): Promise<string | null> {
  try {
    await using _started = await startContainer(target, options);
    return null;
  } catch (error) {
    return await refusalIn(error, target);
  }
}

/** The daemon's words in what `startContainer` threw; anything but a refusal is thrown on. */
export async function refusalIn(error: unknown, target: Target): Promise<string> {
  const words = error instanceof ContainerRefused ? error.message : refusalOfDaemon(error)?.words;
  if (words === undefined) throw error;
  target.note(`the daemon refuses: ${words}`);
  return words;
}

/** A status from 400 on is the daemon's answer; anything else (no connection, no image) says nothing about the target. */
function refusalOfDaemon(error: unknown): { readonly words: string; readonly status: number } | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { statusCode, json, message } = error as { statusCode?: number; json?: { message?: string }; message?: string };
  if (statusCode === undefined || statusCode < 400) return undefined;
  return { words: json?.message ?? message ?? `status ${statusCode}`, status: statusCode };
}

/** testcontainers leaves a container that was created and refused to start; others may be about to start theirs. */
async function removeNeverStarted(nonce: string): Promise<void> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const filters = { status: ['created'], label: [`${nonceLabel}=${nonce}`] };
  for (const { Id } of await container.dockerode.listContainers({ all: true, filters })) {
    await container.dockerode.getContainer(Id).remove({ force: true });
  }
}

function toFixture(target: Target, started: StartedTestContainer, nonce: string): Container {
  const stop = async () => {
    await started.stop({ timeout: 0 });
  };
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
        throw new RdcError(
          'DAEMON',
          `probe ${args.join(' ')} gave no answer (exit code ${exitCode}): ${stderr.slice(0, 200)}`,
          { cause },
        );
      }
    },
    hostPid: () => findHostPid(target, started, nonce),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function findHostPid(target: Target, started: StartedTestContainer, nonce: string): Promise<number> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const claimed = (await container.inspect(container.getById(started.getId()))).State.Pid;
  // the daemon's word is only where to look first; the nonce in the environment decides
  const found = await target.root.shell(
    `for p in /proc/${claimed} /proc/[0-9]*; do grep -qzx 'RDC_NONCE=${nonce}' "$p/environ" 2>/dev/null && { echo "\${p#/proc/}"; exit; }; done`,
  );
  const pid = Number(found.stdout.trim());
  if (!Number.isInteger(pid) || pid <= 0) {
    throw new RdcError('DAEMON', `no process on the target belongs to the container ${started.getId().slice(0, 12)}`);
  }
  return pid;
}

const shared = new Map<string, Promise<Container>>();

/**
 * A running container that all checks of an area share which only look; one for each set of options, made at first
 * use, forgotten by `target.invalidate()`. Starting one costs seven seconds on an emulated machine.
 */
export function sharedContainer(target: Target, options: ContainerOptions = {}): Promise<Container> {
  refuseChange(target, 'starting a container');
  const key = `${target.name} ${JSON.stringify(options)}`;
  const existing = shared.get(key);
  if (existing) return existing;
  const started = startContainer(target, options);
  shared.set(key, started);
  started.catch(() => shared.delete(key));
  return started;
}

/** Stops the shared containers of a target; a daemon that was restarted or replaced has none any more. */
export async function dropSharedContainers(target: Pick<Target, 'name'>): Promise<void> {
  for (const [key, existing] of [...shared]) {
    if (!key.startsWith(`${target.name} `)) continue;
    shared.delete(key);
    await existing.then((container) => container.stop()).catch(() => {});
  }
}
