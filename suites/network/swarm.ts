import { dockerApi, pollUntil, type Target } from '../../harness/checks/index.ts';
import { accepted } from './temporary-network.ts';

/** The bridge that a swarm's ingress gives its host; it is not taken away when the swarm is left. */
const bridge = '/networks/docker_gwbridge';
const bridgeState = (target: Target) => dockerApi(target, 'GET', bridge);
const ingress = 'gateway_ingress-sbox';
const patience = { withinMs: 30_000, everyMs: 100 };

/**
 * A swarm of one node, or the daemon's refusal where its configuration excludes one; any other refusal is an error, as on a
 * host that is in a swarm already. Disposing of it leaves the swarm and takes away the bridge that came with it.
 */
export async function startSwarm(target: Target): Promise<AsyncDisposable | string> {
  const hadBridge = (await bridgeState(target)).status === 200;
  const address = '127.0.0.1:2377';
  const body = { ListenAddr: address, AdvertiseAddr: address };
  const { status, text } = await dockerApi(target, 'POST', '/swarm/init', { body });
  const refusal = `${status} ${text.slice(0, 300)}`;
  if (text.includes('incompatible with swarm mode')) return refusal;
  if (status >= 400) throw new Error(`POST /swarm/init: the daemon answers ${refusal}`);
  return {
    [Symbol.asyncDispose]: async () => {
      // the daemon sets up the ingress in its own time: what it makes after the swarm was left would stay
      await pollUntil(async () => (await bridgeState(target)).text.includes(ingress), patience);
      await accepted(target, 'POST', '/swarm/leave?force=true');
      if (hadBridge) return;
      const isGone = await pollUntil(async () => {
        // a slow daemon sometimes forgets to take the ingress down, and the bridge is refused as long as it is on it
        const body = { Container: ingress, Force: true };
        await dockerApi(target, 'POST', `${bridge}/disconnect`, { body });
        return (await dockerApi(target, 'DELETE', bridge)).status !== 403;
      }, patience);
      if (!isGone) throw new Error('docker_gwbridge stays after the swarm was left');
    },
  };
}
