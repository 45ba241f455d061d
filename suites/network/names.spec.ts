import { randomUUID } from 'node:crypto';
import {
  away,
  breaks,
  checksIn,
  expect,
  expectDocumented,
  type Inject,
  inOrder,
  issue,
  lifts,
  moby,
  rootScript,
  startContainer,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { overlaidForDaemon } from '../instruments/daemon/mount-overlay.ts';
import { networkDriverOf } from '../instruments/daemon/rootlesskit.ts';
import { bridged } from './bridged.ts';
import { detaches, freePort, lookUp, pullFrom } from './look-up.ts';
import { becomeNameServer, resolverFiles } from './name-server.ts';
import { createNetwork, removeNetwork } from './temporary-network.ts';

const check = checksIn(import.meta);

const stale = '/tmp/rdc-resolv.conf';

const staleForDaemon = overlaidForDaemon(
  () => `echo nameserver 198.51.100.1 > ${stale}
for f in ${resolverFiles}; do [ ! -e $f ] || mount --bind ${stale} $f; done`,
  () => `for f in ${resolverFiles}; do [ ! -e $f ] || umount $f; done; rm -f ${stale}`,
);

const hiddenFromDriver = inOrder(
  rootScript(
    () => 'cat /etc/resolv.conf > /var/tmp/rdc-resolv.conf',
    () => 'rm -f /var/tmp/rdc-resolv.conf',
  ),
  away(() => '/etc/resolv.conf'),
  rootScript(() => 'ln -s /var/tmp/rdc-resolv.conf /etc/resolv.conf'),
);

const outOfSight: Inject = (context) => (detaches(context.host) ? staleForDaemon : hiddenFromDriver)(context);

check('NET-DNS', {
  level: 'MUST',
  title: "a name that the host's resolver knows resolves in a container and for docker pull",
  source: issue(
    'rootless-containers/slirp4netns',
    329,
    'the built-in name server 10.0.2.3 asks the resolver of the host',
  ),
  // red on debian-13-pasta; that pasta reads the file only at start is reported by users, not tried here
  applies: ({ host }) =>
    detaches(host) ||
    networkDriverOf(host) !== 'pasta' ||
    'pasta reads /etc/resolv.conf once, and this check changes it later',
  remedy:
    'ls -l /etc/resolv.conf: slirp4netns reads it in a sandbox that has only /etc and /run; from Docker 29.5 a new container has a copy of what the daemon sees there; restart the daemon',
  async verify({ target, host }) {
    // a running container keeps its copy, which on the default bridge has no loopback server: see NET-DNS-LO
    await using nameServer = await becomeNameServer(target, detaches(host) ? 'another host' : 'the loopback');
    await using own = detaches(host) ? await startContainer(target, { host: { NetworkMode: 'bridge' } }) : null;
    const container = own ?? (await bridged(target));
    const name = `${randomUUID()}.rdc.test`;
    expect(await lookUp(container, name), 'the address that a container is told').toBe(nameServer.told);
    const dialled = `dial tcp ${nameServer.told}:${freePort}`;
    expect(await pullFrom(target, name), 'the connection that docker pull tries').toContain(dialled);
  },
  triage: {
    async withoutDocker(context) {
      await using nameServer = await becomeNameServer(context.target, 'the loopback');
      const ask = `getent ahostsv4 rdc-${randomUUID()}.test | grep -q '^${nameServer.told.replaceAll('.', '[.]')} '`;
      return await withoutDockerByScript("a name by the host's resolver", ask)(context);
    },
    notRootful: 'its containers are given the name servers of the host themselves',
  },
  fault: breaks(
    'the address that a container is told',
    '/etc/resolv.conf is a link to a place outside of /etc and /run; for a daemon that detaches its network, an old one',
    outOfSight,
  ),
});

check('NET-DNS-LO', {
  level: 'LIMITATION',
  title:
    "from Docker 29.5, a resolver on the host's loopback alone serves user-defined bridges; the default bridge is given public ones instead",
  source: moby(
    'docker-v29.5.0',
    'daemon/libnetwork/internal/resolvconf/resolvconf.go',
    'TransformForLegacyNw: no name server of the loopback is left',
  ),
  applies: ({ host }) =>
    detaches(host) || "the daemon's network is not detached: the network driver's name server is asked",
  remedy: 'docker network create and --network; or "dns" in ~/.config/docker/daemon.json',
  async verify({ target, defer }) {
    await using nameServer = await becomeNameServer(target, 'the loopback');
    await using plain = await startContainer(target, { host: { NetworkMode: 'bridge' } });
    const file = await plain.exec(['cat', '/etc/resolv.conf']);
    const servers = [...file.stdout.matchAll(/^nameserver (\S+)/gm)].map(([, server]) => server);
    // they are not asked: names of ours stay here
    const isPublic = servers.length > 0 && servers.every((server) => /^(8\.8\.|2001:4860:)/.test(server ?? ''));
    const given = isPublic ? servers.join(' ') : null;
    expectDocumented(given, /^8\.8\.8\.8 8\.8\.4\.4/, "the default bridge's name servers");
    const network = await createNetwork(target, 'bridge');
    defer(() => removeNetwork(target, network));
    await using other = await startContainer(target, { host: { NetworkMode: network } });
    const told = await lookUp(other, `${randomUUID()}.rdc.test`);
    expect(told, 'the address that a container on a user-defined bridge is told').toBe(nameServer.told);
  },
  fault: lifts(
    "the default bridge's name servers",
    'the daemon sees an old /etc/resolv.conf, with a server that is not on the loopback',
    staleForDaemon,
  ),
});
