import { randomUUID } from 'node:crypto';
import { hostProbe, type WithoutDocker } from '../../harness/checks/index.ts';
import { serveOnHost } from '../instruments/peers/host-server.ts';
import { fetchFromHost } from '../instruments/peers/nonce-server.ts';
import { startPeer } from '../instruments/peers/peer.ts';

/** The same of a server that the user runs on the host, without a container. */
type Served = { port: number; protocol?: 'tcp' | 'udp'; isLocal?: true; isV6?: true };

export function servedWithoutDocker({ port, protocol = 'tcp', isLocal, isV6 }: Served): WithoutDocker {
  return async ({ target }) => {
    const nonce = randomUUID();
    await target.invalidate();
    const bind = ['bind', protocol, isLocal ? '127.0.0.1' : '0.0.0.0', String(port)];
    const { errno } = await hostProbe<{ errno: string | null }>(target, target, bind);
    // a busy port says nothing of what the host grants
    if (errno === 'EADDRINUSE') throw new Error(`port ${port} of the host is in use`);
    if (errno !== null) return { works: false, saw: `binding port ${port}: ${errno}` };
    const address = isLocal ? ['99', '127.0.0.1'] : [];
    await using _server = await serveOnHost(target, target, [protocol, String(port), nonce, ...address]);
    await using peer = await startPeer(target);
    const own = await fetchFromHost(target, port, isV6 ? '::1' : '127.0.0.1', protocol);
    const to = isV6 ? { address: peer.hostAddress6 } : {};
    const [others = ''] = await peer.fetch({ port, protocol, timeoutMs: 5000, ...to });
    const answers = [own, others].map((answer) => (answer.includes(nonce) ? 'an answer' : answer || 'nothing'));
    return {
      works: own.includes(nonce) && others.includes(nonce) !== (isLocal ?? false),
      saw: `a server of the user's on port ${port}: ${answers[0]} to the host, ${answers[1]} to another host`,
    };
  };
}

export const clientWithoutDocker: WithoutDocker = async ({ target }) => {
  await using server = await serveOnHost(target, target, ['tcp', '0', randomUUID()]);
  await using peer = await startPeer(target);
  const [answer = ''] = await peer.fetch({ port: server.ports[0] ?? 0 });
  const works = answer.includes(peer.address);
  return { works, saw: `a server of the user's sees ${works ? 'the address of its client' : 'another address'}` };
};
