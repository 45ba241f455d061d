import { randomUUID } from 'node:crypto';
import { type Container, dockerApi, known, sharedContainer, type Target } from '../../harness/checks/index.ts';

/** What the shared container answers: only that container can have said it. */
export const nonce = randomUUID();

/** The container on the default bridge that the checks of this area share; each connection to its TCP port 80 gets `nonce`. */
export function bridged(target: Target): Promise<Container> {
  return sharedContainer(target, { command: ['probe', 'serve', 'tcp', '80', nonce], host: { NetworkMode: 'bridge' } });
}

type Networks = { NetworkSettings: { Networks: Record<string, { IPAddress?: string } | undefined> } };

/** The address as `docker inspect` claims it. A nonce that comes back from it is the proof. */
export async function claimedAddress(target: Target, { id }: Container, network = 'bridge'): Promise<string> {
  const answer = await dockerApi(target, 'GET', `/containers/${id}/json`);
  const { Networks } = answer.json<Networks>().NetworkSettings;
  return known(Networks[network]?.IPAddress || null, `the container's address in the network ${network}`);
}
