import { randomUUID } from 'node:crypto';
import { dockerApi, known, mustRun, probePath, sharedContainer, type Target } from '../../harness/checks/index.ts';
import { forwarded, untilBound } from '../instruments/daemon/rootlesskit.ts';
import { awaitServer } from '../instruments/peers/await-server.ts';

export const published = { any: 28_082, loopback: 28_083, udp: 28_084 } as const;

// 80 must stay free for PORT-INNER80
const inside = 8080;

export const serverNonce = randomUUID();

/** Answers over TCP and UDP with the nonce and its client's address; one container for all checks. */
export async function portServer(target: Target) {
  const container = await sharedContainer(target, {
    command: ['sh', '-c', `probe serve udp ${inside} ${serverNonce} & exec probe serve tcp ${inside} ${serverNonce}`],
    publish: [
      { hostPort: published.any, containerPort: inside },
      { hostPort: published.loopback, containerPort: inside, hostIp: '127.0.0.1' },
      // IPv6 is asked of TCP only: each address costs two processes
      { hostPort: published.udp, containerPort: inside, protocol: 'udp', hostIp: '0.0.0.0' },
    ],
  });
  const pid = await awaitServer(target, serverNonce, inside, ['tcp', 'udp']);
  await forwarded(target, [published.any, published.loopback], [published.udp]);
  return { container, pid };
}

export const randomNonce = randomUUID();

/** Its host port is the daemon's choice. A container of its own: from Docker 29 on the choice may be a busy port. */
export async function randomServer(target: Target) {
  const container = await sharedContainer(target, {
    command: ['probe', 'serve', 'tcp', String(inside), randomNonce],
    publish: [{ hostPort: 0, containerPort: inside, hostIp: '0.0.0.0' }],
  });
  await awaitServer(target, randomNonce, inside, ['tcp']);
  const answer = await dockerApi(target, 'GET', `/containers/${container.id}/json`);
  type Inspected = { NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> } };
  const [chosen] = answer.json<Inspected>().NetworkSettings.Ports[`${inside}/tcp`] ?? [];
  return { container, port: Number(known(chosen?.HostPort, 'the port that the daemon chose')) };
}

export async function gateway(target: Target, pid: number): Promise<string> {
  const { stdout } = await target.root.exec(['cat', `/proc/${pid}/net/route`]);
  return known(parseGateway(stdout), "the container's gateway");
}

/** Pure: /proc/net/route has little-endian hexadecimal addresses. */
export function parseGateway(table: string): string | null {
  const [, hex] = /^\S+\s+00000000\s+([0-9A-F]{8})\s/m.exec(table) ?? [];
  return hex === undefined ? null : [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

/** Another process of the user listens there; resolves to its end. */
export async function occupy(target: Target, ports: readonly number[]) {
  const probe = await probePath(target);
  const pids = await mustRun(
    target,
    `
for port in ${ports.join(' ')}; do ${probe} serve tcp $port busy > /dev/null 2>&1 < /dev/null & echo $!; done
${untilBound(ports)}`,
  );
  return () => target.shell(`kill ${pids.trim().replaceAll('\n', ' ')}`);
}
