import { randomUUID } from 'node:crypto';
import { hostProbe, refusalIn, sharedContainer, startContainer, type Target } from '../../../harness/checks/index.ts';
import { forwarded } from '../daemon/rootlesskit.ts';
import { awaitServer } from './await-server.ts';

type Published = { readonly hostIp?: string; readonly network?: string };

/** Answers each connection to its TCP port 80 with a nonce; published on every address of the host, or on one. */
export async function startNonceServer(target: Target, hostPort: number, { hostIp, network }: Published = {}) {
  const nonce = randomUUID();
  const container = await startContainer(target, {
    command: ['probe', 'serve', 'tcp', '80', nonce],
    publish: [{ hostPort, containerPort: 80, ...(hostIp === undefined ? {} : { hostIp }) }],
    ...(network === undefined ? {} : { host: { NetworkMode: network } }),
  });
  try {
    await awaitServer(target, nonce, 80, ['tcp']);
  } catch (error) {
    await container.stop();
    throw error;
  }
  await forwarded(target, [hostPort]);
  return Object.assign(container, { nonce });
}

export async function tryNonceServer(target: Target, hostPort: number) {
  // control: a daemon that starts no container at all would refuse this one for another reason
  await sharedContainer(target);
  try {
    return await startNonceServer(target, hostPort);
  } catch (error) {
    return await refusalIn(error, target);
  }
}

export async function fetchFromHost(target: Target, port: number, address = '127.0.0.1', protocol = 'tcp') {
  const call = ['fetch', protocol, address, String(port), '15000'];
  const answer = await hostProbe<{ errno: string | null; text?: string }>(target, target, call);
  return answer.errno ?? answer.text ?? '';
}

/** Null: the published port answers. */
export async function refusalOrSilence(target: Target, hostPort: number): Promise<string | null> {
  const published = await tryNonceServer(target, hostPort);
  if (typeof published === 'string') return published;
  await using server = published;
  const answer = await fetchFromHost(target, hostPort);
  return answer.includes(server.nonce) ? null : `no refusal, and the port answers ${answer}`;
}
