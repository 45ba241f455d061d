import { randomUUID } from 'node:crypto';
import { dockerApi, type Target } from '../../harness/checks/index.ts';

type Driver = 'bridge' | 'overlay' | 'macvlan' | 'ipvlan';

/** A refusal is an observation here, and an error in `createNetwork`. */
export async function askForNetwork(
  target: Target,
  driver: Driver,
  options: Readonly<Record<string, string>> = {},
): Promise<{ name: string; refusal: string | null }> {
  const name = `rdc-${randomUUID().slice(0, 8)}`;
  const body = { Name: name, Driver: driver, Attachable: driver === 'overlay', Options: options };
  const { status, text } = await dockerApi(target, 'POST', '/networks/create', { body });
  return { name, refusal: status >= 400 ? `${status} ${text.slice(0, 300)}` : null };
}

export async function createNetwork(target: Target, driver: Driver): Promise<string> {
  const { name, refusal } = await askForNetwork(target, driver);
  if (refusal !== null) throw new Error(`creating a network: the daemon answers ${refusal}`);
  return name;
}

export async function removeNetwork(target: Target, name: string, containers: readonly string[] = []): Promise<void> {
  for (const Container of containers)
    await dockerApi(target, 'POST', `/networks/${name}/disconnect`, { body: { Container, Force: true } });
  const { status, text } = await dockerApi(target, 'DELETE', `/networks/${name}`);
  if (status !== 204 && status !== 404) throw new Error(`the network ${name} stays: ${status} ${text}`);
}

export async function accepted(target: Target, method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<void> {
  const { status, text } = await dockerApi(target, method, path, { ...(body === undefined ? {} : { body }) });
  if (status >= 400) throw new Error(`${method} ${path}: the daemon answers ${status} ${text.slice(0, 300)}`);
}
