import { dockerApi, pollUntil, type Target } from '../../harness/checks/index.ts';
import { accepted } from './temporary-network.ts';

/** Stays when the swarm is left. */
const bridge = '/networks/docker_gwbridge';
const bridgeState = (target: Target) => dockerApi(target, 'GET', bridge);
const ingress = 'gateway_ingress-sbox';
const patience = { withinMs: 30_000, everyMs: 100 };

/** A swarm of one node, or the refusal where the daemon's configuration excludes one. */
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
      // wait for the ingress: what the daemon sets up after the swarm was left would stay
      await pollUntil(async () => (await bridgeState(target)).text.includes(ingress), patience);
      await accepted(target, 'POST', '/swarm/leave?force=true');
      if (hadBridge) return;
      const isGone = await pollUntil(async () => {
        // a slow daemon may forget the ingress, which keeps the bridge from being removed
        const body = { Container: ingress, Force: true };
        await dockerApi(target, 'POST', `${bridge}/disconnect`, { body });
        return (await dockerApi(target, 'DELETE', bridge)).status !== 403;
      }, patience);
      if (!isGone) throw new Error('docker_gwbridge stays after the swarm was left');
    },
  };
}
