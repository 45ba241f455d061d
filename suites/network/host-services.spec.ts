import { randomUUID } from 'node:crypto';
import {
  breaks,
  type Container,
  checksIn,
  code,
  dockerApi,
  expect,
  expectDocumented,
  type HostFacts,
  issue,
  known,
  lifts,
  mobyIssue,
  rootlesskitIssue,
  startContainer,
  type Target,
  type VerifyContext,
} from '../../harness/checks/index.ts';
import { byRootful, daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { observedOnce } from '../instruments/daemon/observe-once.ts';
import { reloadDaemon } from '../instruments/daemon/reload.ts';
import { networkDriverOf } from '../instruments/daemon/rootlesskit.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import { restartedWithDropIn, unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { serveOnHost } from '../instruments/peers/host-server.ts';
import { parseAnswers, startPeer } from '../instruments/peers/peer.ts';
import { inBridgeNetns, netnsScript } from './bridge-netns.ts';
import { accepted, removeNetwork } from './temporary-network.ts';

// What containers and the daemon reach of the host's own services.

const check = checksIn(import.meta);

const gatewayName = 'host.docker.internal';

/** What a container gets from a service of the host by the name that Docker's pages tell: the answer, or an errno. */
async function fetchByGateway(container: Container, port: number): Promise<string> {
  const { stdout } = await container.exec(['awk', `$2 == "${gatewayName}" {print $1; exit}`, '/etc/hosts']);
  const address = known(stdout.trim() || null, `the address of ${gatewayName} in a container`);
  const { errno, text } = await container.probe<{ errno: string | null; text: string }>(
    'fetch',
    'tcp',
    address,
    String(port),
    '3000',
  );
  return errno ?? text;
}

const withGateway = (network = 'bridge') => ({
  host: { NetworkMode: network, ExtraHosts: [`${gatewayName}:host-gateway`] },
});

check('NET-GATEWAY', {
  level: 'LIMITATION',
  title:
    "host.docker.internal:host-gateway is the bridge in RootlessKit's network, also after a reload: no service of the host answers there",
  source: mobyIssue(41904, 'the gateway of a network does not point to the host'),
  remedy:
    'two settings, see NET-GATEWAY-ON; or give containers an address of the host that is not of its loopback. "invalid IP": Docker 28.5 forgets the address when it reloads its settings (moby#52056), so restart it',
  reproduce: `systemctl --user reload docker; sleep 5
docker run --rm --add-host host.docker.internal:host-gateway busybox cat /etc/hosts   # expected: its address`,
  async verify({ target }) {
    await reloadDaemon(target);
    const nonce = randomUUID();
    // on every address, the loopback among them
    await using server = await serveOnHost(target, target, ['tcp', '0', nonce, '99']);
    await using container = await startContainer(target, withGateway());
    const answer = await fetchByGateway(container, server.ports[0] ?? 0);
    const failure = answer.includes(nonce) ? null : answer;
    expectDocumented(failure, /^(ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH)$/, `a service of the host at ${gatewayName}`);
  },
  triage: {},
  fault: lifts('a service of the host at *', byRootful),
});

/** Where the network driver has the host's loopback, if it is allowed to; nobody documents another driver's. */
const loopbackAddress = '10.0.2.2';

/** The settings of both workarounds in one restart, after which comes `stage('applied')`. `overBoth`: null where nobody asks. */
const reachedWithSettings = observedOnce(async (context, isFor) => {
  const { target, host, defer, stage } = context;
  const isIpv6 = isFor('NET-V6-OUT-ON');
  // the flag, because DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK came with Docker 26.0
  const flags = ['--disable-host-loopback=false', ...(isIpv6 ? ['--ipv6'] : [])].join(' ');
  // ip6tables is experimental up to Docker 26, and the default from 27.0 on
  const ipv6Settings = isIpv6 ? { experimental: true, ip6tables: true } : {};
  const dropIn = unitDropIn(`Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=${flags}"`);
  defer(await daemonJson({ 'host-gateway-ip': loopbackAddress, ...ipv6Settings }, dropIn)({ target, host }));
  // what slirp4netns announces the kernel does not take from the time on that the daemon has it forward: docker/for-linux#1373
  if (isIpv6) await inBridgeNetns(target, ipv6ByHand);
  await stage('applied');
  const seen = { gateway: await loopbackByGateway(target), overBoth: isIpv6 ? await reachedOverBoth(context) : null };
  context.note(JSON.stringify(seen));
  return seen;
});

/** What a container gets from a service on the host's 127.0.0.1. */
async function loopbackByGateway(target: Target) {
  const nonce = randomUUID();
  await using server = await serveOnHost(target, target, ['tcp', '0', nonce, '99', '127.0.0.1']);
  await using container = await startContainer(target, withGateway());
  return { answer: await fetchByGateway(container, server.ports[0] ?? 0), nonce };
}

check('NET-GATEWAY-ON', {
  level: 'WORKAROUND',
  title: `with the host's loopback within reach and "host-gateway-ip": "${loopbackAddress}", host.docker.internal is the host`,
  source: issue('docker/docs', 21986, 'accessing host.docker.internal from a container: the two settings'),
  applies: ({ host }) =>
    networkDriverOf(host) === 'slirp4netns'
      ? canRestart({ host })
      : 'only of slirp4netns is the address of the host documented',
  remedy:
    'DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK=false in a drop-in of the user unit and "host-gateway-ip" in ~/.config/docker/daemon.json, both; then restart the daemon',
  restartsDaemon: true,
  async verify(context) {
    const { answer, nonce } = (await reachedWithSettings('NET-GATEWAY-ON', context)).gateway;
    expect(answer, `a service of the host's 127.0.0.1 at ${gatewayName}`).toContain(nonce);
  },
  triage: { notRootful: 'the settings are those of RootlessKit' },
  fault: breaks(
    "a service of the host's 127.0.0.1 at *",
    '"host-gateway-ip" is another address of that network',
    daemonJson({ 'host-gateway-ip': '10.0.2.4' }),
    { at: 'applied' },
  ),
});

/** What the daemon says of a pull from a registry on the host's 127.0.0.1 that answers with a nonce. */
async function pullFromLoopback(target: Target): Promise<{ text: string; nonce: string }> {
  const nonce = randomUUID();
  // as far as HTTP goes that the nonce is where the client looks for a status, which it tells
  await using server = await serveOnHost(target, target, ['tcp', '0', `HTTP/1.1 ${nonce}`, '99', '127.0.0.1']);
  const image = `127.0.0.1:${server.ports[0]}/rdc`;
  const { text } = await dockerApi(target, 'POST', `/images/create?fromImage=${image}&tag=1`);
  target.note(text);
  return { text, nonce };
}

const registry = rootlesskitIssue(398, "a registry on the host's loopback");

check('NET-REGISTRY', {
  level: 'LIMITATION',
  title: "before Docker 29.5 the daemon does not reach a registry on the host's 127.0.0.1: that is its own loopback",
  source: registry,
  applies: ({ host }) =>
    !isEngineSince(host, '29.5') || 'from Docker 29.5 the daemon is in the network of the host: see NET-REGISTRY-NEW',
  remedy:
    "publish the registry's container port, or listen on an address of the host that is not of its loopback; or Docker 29.5",
  concurrent: true,
  async verify({ target }) {
    const { text, nonce } = await pullFromLoopback(target);
    expectDocumented(text.includes(nonce) ? null : text, /connection refused/, "a pull from the host's 127.0.0.1");
  },
  triage: {},
  fault: lifts("a pull from the host's 127.0.0.1", byRootful),
});

check('NET-REGISTRY-NEW', {
  level: 'MUST',
  title: "from Docker 29.5 the daemon reaches a registry on the host's 127.0.0.1",
  source: code(
    'moby/moby',
    'docker-v29.5.0',
    'contrib/dockerd-rootless.sh',
    'DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS',
  ),
  applies: ({ host }) =>
    isEngineSince(host, '29.5') || 'before Docker 29.5 the daemon has another loopback: see NET-REGISTRY',
  remedy: 'remove DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS=false from the user unit; systemctl --user restart docker',
  concurrent: true,
  async verify({ target }) {
    const { text, nonce } = await pullFromLoopback(target);
    expect(text, "a pull from the host's 127.0.0.1").toContain(nonce);
  },
  fault: breaks(
    "a pull from the host's 127.0.0.1",
    "the daemon runs in RootlessKit's network namespace",
    restartedWithDropIn('Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS=false"'),
  ),
});

const ipv6Network = 'fd72:6464::/64';

/** A container of a network with IPv6, and what it gets from an address of the host's over both families. */
async function reachedOverBoth({
  target,
  defer,
}: Pick<VerifyContext, 'target' | 'defer'>): Promise<{ v4: string; v6: string; nonce: string }> {
  const [name, nonce] = [`rdc-${randomUUID().slice(0, 8)}`, randomUUID()];
  const IPAM = { Config: [{ Subnet: ipv6Network }] };
  await accepted(target, 'POST', '/networks/create', { Name: name, Driver: 'bridge', EnableIPv6: true, IPAM });
  defer(() => removeNetwork(target, name));
  // for an address of the host's that is not of its loopback, whatever the host itself has
  await using peer = await startPeer(target);
  await using server = await serveOnHost(target, target, ['tcp', '0', nonce, '99']);
  await using container = await startContainer(target, { host: { NetworkMode: name } });
  const fetch = [peer.hostAddress, peer.hostAddress6].map((to) => `probe fetch tcp ${to} ${server.ports[0]} 3000`);
  const { stdout } = await container.exec(['sh', '-c', fetch.join('\n')]);
  const [v4 = '', v6 = ''] = parseAnswers(stdout);
  return { v4, v6, nonce };
}

const hasIpv6 = ({ host }: { readonly host: HostFacts }) => host.sysctl.disableIpv6 === 0 || 'IPv6 is off on this host';
const ipv6Source = mobyIssue(48257, 'Docker rootless and outgoing IPv6');

check('NET-V6-OUT', {
  level: 'LIMITATION',
  title: 'a container of a network with IPv6 reaches nobody outside over IPv6, as the network driver has IPv4 only',
  source: ipv6Source,
  applies: hasIpv6,
  remedy: 'see NET-V6-OUT-ON: --ipv6 for RootlessKit with slirp4netns, "ip6tables" for the daemon',
  async verify(context) {
    const { v4, v6, nonce } = await reachedOverBoth(context);
    expect(v4, 'what the container fetches over IPv4').toContain(nonce);
    const failure = v6.includes(nonce) ? null : v6;
    expectDocumented(failure, /^(ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ECONNREFUSED)$/, 'a connection out over IPv6');
  },
  triage: {},
  fault: lifts('a connection out over IPv6', byRootful),
});

const ipv6ByHand = 'ip -6 addr replace fd00::100/64 dev tap0 nodad && ip -6 route replace default via fd00::2 dev tap0';

check('NET-V6-OUT-ON', {
  level: 'WORKAROUND',
  title:
    'with slirp4netns, --ipv6 for RootlessKit, "ip6tables" and a default route a container reaches others over IPv6',
  source: ipv6Source,
  applies: ({ host }) => {
    if (networkDriverOf(host) !== 'slirp4netns') return 'RootlessKit gives --ipv6 to slirp4netns alone';
    const ipv6 = hasIpv6({ host });
    return ipv6 === true ? canRestart({ host }) : ipv6;
  },
  remedy: `DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--ipv6 in a drop-in of the user unit; "ip6tables": true (with "experimental" before Docker 27) in ~/.config/docker/daemon.json; restart the daemon; then: dockerd-rootless-setuptool.sh nsenter -- sh -c "${ipv6ByHand}"`,
  restartsDaemon: true,
  async verify(context) {
    const { overBoth } = await reachedWithSettings('NET-V6-OUT-ON', context);
    const { v4, v6, nonce } = known(overBoth, 'what a container fetches over both families');
    expect(v4, 'what the container fetches over IPv4').toContain(nonce);
    expect(v6, 'what the container fetches over IPv6').toContain(nonce);
  },
  triage: { notRootful: 'the settings are those of RootlessKit' },
  fault: breaks(
    'what the container fetches over IPv6',
    "RootlessKit's network has no default route for IPv6",
    // the network goes with the daemon, which is restarted when the check ends
    netnsScript('ip -6 route flush default', ':'),
    { at: 'applied' },
  ),
});
