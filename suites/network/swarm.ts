import { dockerApi, type Target } from '../../harness/index.ts';
import { accepted } from './temporary-network.ts';

/** The bridge that a swarm's ingress gives its host; it is not taken away when the swarm is left. */
const bridge = '/networks/docker_gwbridge';
const hasBridge = async (target: Target) => (await dockerApi(target, 'GET', bridge)).status === 200;

/** A swarm of one node. Disposing of it leaves the swarm and takes away the bridge that came with it. */
export async function startSwarm(target: Target): Promise<AsyncDisposable> {
  const hadBridge = await hasBridge(target);
  const address = '127.0.0.1:2377';
  await accepted(target, 'POST', '/swarm/init', { ListenAddr: address, AdvertiseAddr: address });
  return {
    [Symbol.asyncDispose]: async () => {
      // the daemon sets up the ingress in its own time: what it makes after the swarm was left would stay
      await eventually(() => hasBridge(target));
      await accepted(target, 'POST', '/swarm/leave?force=true');
      if (hadBridge) return;
      // refused while the ingress is being taken down
      const isGone = await eventually(async () => (await dockerApi(target, 'DELETE', bridge)).status !== 403);
      if (!isGone) throw new Error('docker_gwbridge stays after the swarm was left');
    },
  };
}

async function eventually(isSo: () => Promise<boolean>, timeoutMs = 30_000): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await isSo()) return true;
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
