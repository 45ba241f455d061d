import { randomUUID } from 'node:crypto';
import { dockerApi, type Target } from '../../harness/index.ts';

/** A network of the daemon under a name of its own; the daemon's refusal is an error, not an observation. */
export async function createNetwork(target: Target, driver: 'bridge' | 'overlay'): Promise<string> {
  const Name = `rdc-${randomUUID().slice(0, 8)}`;
  const body = { Name, Driver: driver, Attachable: driver === 'overlay' };
  await accepted(target, 'POST', '/networks/create', body);
  return Name;
}

/** Removes a network and takes `containers` off it first; it may be gone already. */
export async function removeNetwork(target: Target, name: string, containers: readonly string[] = []): Promise<void> {
  for (const Container of containers) {
    await dockerApi(target, 'POST', `/networks/${name}/disconnect`, { body: { Container, Force: true } });
  }
  const { status, text } = await dockerApi(target, 'DELETE', `/networks/${name}`);
  if (status !== 204 && status !== 404) throw new Error(`the network ${name} stays: ${status} ${text}`);
}

/** A request that the daemon has to accept for a check to go on. */
export async function accepted(target: Target, method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<void> {
  const { status, text } = await dockerApi(target, method, path, { ...(body === undefined ? {} : { body }) });
  if (status >= 400) throw new Error(`${method} ${path}: the daemon answers ${status} ${text.slice(0, 300)}`);
}
