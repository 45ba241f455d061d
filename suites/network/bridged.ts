import { randomUUID } from 'node:crypto';
import { type Container, dockerApi, known, sharedContainer, type Target } from '../../harness/checks/index.ts';

export const nonce = randomUUID();

/** Answers each connection to TCP port 80 with `nonce`. */
export function bridged(target: Target): Promise<Container> {
  return sharedContainer(target, { command: ['probe', 'serve', 'tcp', '80', nonce], host: { NetworkMode: 'bridge' } });
}

type Networks = { NetworkSettings: { Networks: Record<string, { IPAddress?: string } | undefined> } };

/** What `docker inspect` claims; a nonce that comes back proves it. */
export async function claimedAddress(target: Target, { id }: Container, network = 'bridge'): Promise<string> {
  const answer = await dockerApi(target, 'GET', `/containers/${id}/json`);
  const { Networks } = answer.json<Networks>().NetworkSettings;
  return known(Networks[network]?.IPAddress || null, `the container's address in the network ${network}`);
}
