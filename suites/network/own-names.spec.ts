import { randomUUID } from 'node:crypto';
import {
  breaks,
  changeFile,
  checksIn,
  expect,
  type Inject,
  inOrder,
  issue,
  rootScript,
  startContainer,
} from '../../harness/checks/index.ts';
import { detaches, lookUp, pullFrom } from './look-up.ts';
import { answerForHost, serversOf } from './own-name-servers.ts';
import { createNetwork, removeNetwork } from './temporary-network.ts';

// NET-DNS brings its own resolver; here the host's files stay as they are.

const check = checksIn(import.meta);

/** The host has one server, over IPv6, on an address of its own. */
const onlyOverIpv6: Inject = inOrder(
  rootScript(
    () => 'ip addr add fd72:6463::53/128 dev lo',
    () => 'ip addr del fd72:6463::53/128 dev lo',
  ),
  ({ target }) => changeFile(target.root, '/etc/resolv.conf', 'echo nameserver fd72:6463::53'),
);

check('NET-DNS-OWN', {
  level: 'MUST',
  title:
    "with the host's resolver as it is, containers of both kinds of bridge and docker pull resolve what the host does",
  source: issue('rootless-containers/slirp4netns', 347, 'name servers of the host that containers are not given'),
  remedy:
    'cat /etc/resolv.conf: slirp4netns asks the first IPv4 server alone; name one first that answers, or run a resolver on the host (systemd-resolved); or "dns" in ~/.config/docker/daemon.json',
  async verify({ target, host, defer }) {
    const servers = await serversOf(target);
    expect(servers.length, "name servers in the host's files").toBeGreaterThan(0);
    await using answers = await answerForHost(target, servers);
    const name = `${randomUUID()}.rdc.test`;
    expect(await answers.hostLookUp(name), "the host's own look-up of a name").toBe(answers.told);
    const network = await createNetwork(target, 'bridge');
    defer(() => removeNetwork(target, network));
    const isOnLoopback = servers.every((server) => /^(127\.|::1$)/.test(server));
    // documented to ask public servers then: NET-DNS-LO
    const bridges = detaches(host) && isOnLoopback ? [network] : ['bridge', network];
    for (const NetworkMode of bridges) {
      await using container = await startContainer(target, { host: { NetworkMode } });
      const kind = NetworkMode === 'bridge' ? 'the default bridge' : 'a user-defined bridge';
      expect(await lookUp(container, name), `the same look-up on ${kind}`).toBe(answers.told);
    }
    expect(await pullFrom(target, name), 'the connection that docker pull tries').toContain(
      `dial tcp ${answers.told}:`,
    );
  },
  triage: { notRootful: 'its containers are given the name servers of the host themselves' },
  fault: breaks(
    ['the same look-up on *', 'the connection that docker pull tries'],
    "the host's only name server has an IPv6 address",
    onlyOverIpv6,
  ),
});
