import { randomUUID } from 'node:crypto';
import {
  breaks,
  changeFile,
  checksIn,
  code,
  expect,
  expectDocumented,
  type Inject,
  inOrder,
  issue,
  lifts,
  rootScript,
  startContainer,
} from '../../harness/checks/index.ts';
import { overlaidForDaemon } from '../instruments/daemon/mount-overlay.ts';
import { detaches, lookUp, lookUpInBuild, pullFrom } from './look-up.ts';
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
    "with the host's resolver as it is, containers of both kinds of bridge, builds and docker pull resolve what the host does",
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
    if (host.paths.docker !== null && bridges.length === 2)
      expect(await lookUpInBuild({ target, host }, name), 'the same look-up in a build').toContain(answers.told);
    expect(await pullFrom(target, name), 'the connection that docker pull tries').toContain(
      `dial tcp ${answers.told}:`,
    );
  },
  triage: { notRootful: 'its containers are given the name servers of the host themselves' },
  fault: breaks(
    ['the same look-up on *', 'the same look-up in a build', 'the connection that docker pull tries'],
    "the host's only name server has an IPv6 address",
    onlyOverIpv6,
  ),
});

const domain = 'rdc-search.test';
const copy = '/tmp/rdc-own-resolv.conf';

check('NET-DNS-SEARCH', {
  level: 'LIMITATION',
  title:
    "search domains and ndots of the host's resolver do not reach containers: short names of the LAN are unknown there",
  source: code(
    'rootless-containers/rootlesskit',
    'v2.0.2',
    'pkg/child/child.go',
    "the daemon's /etc/resolv.conf is RootlessKit's own: name servers and nothing else",
  ),
  applies: ({ host }) => !detaches(host) || "from Docker 29.5 on the daemon reads the host's /etc/resolv.conf itself",
  remedy: '"dns-search" and "dns-opts" in ~/.config/docker/daemon.json; or full names, with a dot at the end',
  async verify({ target, defer }) {
    defer(await changeFile(target.root, '/etc/resolv.conf', `cat; echo 'search ${domain}'; echo 'options ndots:3'`));
    await using container = await startContainer(target, { host: { NetworkMode: 'bridge' } });
    const { stdout } = await container.exec(['cat', '/etc/resolv.conf']);
    expect(stdout, "a container's /etc/resolv.conf").toMatch(/^nameserver /m);
    const has = new RegExp(`^search.*${domain}|^options.*ndots:3`, 'm').test(stdout);
    expectDocumented(has ? null : 'absent', 'absent', "the host's search domain and ndots in a container");
  },
  triage: { notRootful: "its containers are given the host's search domains" },
  fault: lifts(
    "the host's search domain and ndots in a container",
    "the daemon sees the host's search domain and ndots",
    overlaidForDaemon(
      () =>
        `{ cat /etc/resolv.conf; echo 'search ${domain}'; echo 'options ndots:3'; } > ${copy}; mount --bind ${copy} /etc/resolv.conf`,
      () => `umount /etc/resolv.conf; rm -f ${copy}`,
    ),
  ),
});
