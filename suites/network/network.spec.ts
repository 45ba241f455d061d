import { randomUUID } from 'node:crypto';
import {
  asFinding,
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  lifts,
  moby,
  mobyIssue,
  mustRun,
  probePath,
  refusalOf,
  rootlesskitIssue,
  rootScript,
  startContainer,
  sysctl,
  withoutDockerByProbe,
} from '../../harness/checks/index.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { forwarded, networkDriverOf, portDriverOf } from '../instruments/daemon/rootlesskit.ts';
import { restartedWithDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { awaitServer } from '../instruments/peers/await-server.ts';
import { hostAddress, serveOnHost } from '../instruments/peers/host-server.ts';
import { fetchFromHost } from '../instruments/peers/nonce-server.ts';
import { parseAnswers, startPeer } from '../instruments/peers/peer.ts';
import { fetchInBridgeNetns, fetchOnBothSides, inBridgeNetns, netnsScript } from './bridge-netns.ts';
import { bridged, claimedAddress, nonce } from './bridged.ts';
import { addressAt, driverNetwork, overlaps, parseRoutes } from './routes.ts';
import { startSwarm } from './swarm.ts';
import { accepted, askForNetwork, createNetwork, removeNetwork } from './temporary-network.ts';

const check = checksIn(import.meta);
const networking = (section: string) =>
  docker('engine/security/rootless/troubleshoot', `networking errors: ${section}`);
const script = (section: string) => moby('v26.1.5', 'contrib/dockerd-rootless.sh', section);

const loosened = {
  name: "RootlessKit runs with an MTU of 1280, the host's loopback within reach and the daemon in its namespace",
  // as a flag: DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK came with Docker 26.0
  inject: restartedWithDropIn(
    'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_MTU=1280"',
    'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--disable-host-loopback=false"',
    'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS=false"',
  ),
};

const unreachable = /^(ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ECONNREFUSED)$/;

check('NET-CIP', {
  level: 'LIMITATION',
  title: "a container's IP address is not reachable from the host",
  source: networking('IPAddress shown in docker inspect is unreachable'),
  remedy: 'publish the port: docker run -p; or enter the network namespace, see NET-CIP-NS',
  concurrent: true,
  async verify({ target }) {
    const answers = await fetchOnBothSides(target, await claimedAddress(target, await bridged(target)));
    const failure = answers.host.includes(nonce) ? null : answers.host;
    expectDocumented(failure, unreachable, "a connection from the host to the container's address");
    expect(answers.netns, "the answer where the container's address is").toContain(nonce);
  },
  triage: {},
  fault: lifts("a connection from the host to the container's address", byRootful),
});

check('NET-CIP-NS', {
  level: 'MUST',
  title: "a container's IP address answers in RootlessKit's network namespace, which the user can enter",
  source: moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', 'nsenter'),
  remedy: 'dockerd-rootless-setuptool.sh nsenter -- ip addr: is docker0 up, has it an address? restart the daemon',
  concurrent: true,
  async verify({ target }) {
    const netns = await fetchInBridgeNetns(target, await claimedAddress(target, await bridged(target)));
    expect(netns, "the answer of the container in RootlessKit's network namespace").toContain(nonce);
  },
  fault: breaks(
    "the answer of the container in RootlessKit's network namespace",
    'docker0 is down',
    netnsScript('ip link set docker0 down', 'ip link set docker0 up'),
  ),
});

const hostNetworkPort = 28_090;
const hostNetworkNonce = randomUUID();
const onHostNetwork = {
  command: ['probe', 'serve', 'tcp', String(hostNetworkPort), hostNetworkNonce],
  host: { NetworkMode: 'host' },
};

check('NET-HOST-OLD', {
  level: 'LIMITATION',
  title:
    "before Docker 29.5, --net=host is RootlessKit's network namespace: the host reaches it by the port driver implicit alone",
  source: networking("--net=host doesn't listen ports on the host network namespace"),
  applies: ({ host }) => !isEngineSince(host, '29.5') || 'from Docker 29.5 --net=host is the host: see NET-HOST-NEW',
  remedy: 'docker run -p, or Docker 29.5 or later',
  concurrent: true,
  async verify({ target, host }) {
    await using _container = await startContainer(target, onHostNetwork);
    const { pid } = await daemonProcess(target);
    const own = await awaitServer(target, hostNetworkNonce, hostNetworkPort, ['tcp']);
    const links = await mustRun(target.root, `readlink /proc/${own}/ns/net /proc/${pid}/ns/net /proc/1/ns/net`);
    const [containers, daemons, hosts] = links.trim().split('\n');
    await forwarded(target, [hostNetworkPort]);
    const answer = await fetchFromHost(target, hostNetworkPort);
    const failure = answer.includes(hostNetworkNonce) ? null : answer;
    // pasta forwards whatever listens in its namespace (pasta(1), -t auto); seen on debian-13-pasta
    if (portDriverOf(host) === 'implicit')
      expect(failure, 'the failure of a connection from the host, which pasta forwards').toBeNull();
    else expectDocumented(failure, unreachable, 'a connection from the host to a container with --net=host');
    asFinding('lifted', () => expect(containers, "lifted: the container's network namespace").not.toBe(hosts));
    asFinding('differs', () => expect(containers, "differs: the container's network namespace").toBe(daemons));
    const probe = `${await probePath(target)} fetch tcp 127.0.0.1 ${hostNetworkPort}`;
    const within = await inBridgeNetns(target, probe);
    expect(within, "the answer in RootlessKit's network namespace").toContain(hostNetworkNonce);
  },
  triage: {},
  fault: lifts(
    ['a connection from the host to a container with --net=host', "the container's network namespace"],
    byRootful,
  ),
});

check('NET-HOST-NEW', {
  level: 'MUST',
  title:
    "from Docker 29.5, --net=host is the host's network: what listens there is reached, ports below 1024 are refused",
  source: mobyIssue(47103, 'detach-netns: --net=host without a namespace in between'),
  applies: ({ host }) =>
    isEngineSince(host, '29.5') || `before Docker 29.5 --net=host is RootlessKit's namespace: see NET-HOST-OLD`,
  remedy: 'remove DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS=false from the user unit; systemctl --user restart docker',
  async verify({ target }) {
    await using container = await startContainer(target, onHostNetwork);
    const own = await awaitServer(target, hostNetworkNonce, hostNetworkPort, ['tcp']);
    const links = await mustRun(target.root, `readlink /proc/${own}/ns/net /proc/1/ns/net`);
    const [containers, hosts] = links.trim().split('\n');
    expect(containers, "the container's network namespace").toBe(hosts);
    const answer = await fetchFromHost(target, hostNetworkPort, await hostAddress(target));
    expect(answer, "the answer on the host's address").toContain(hostNetworkNonce);
    const bound = await container.probe<{ errno: string | null }>('bind', 'tcp', '0.0.0.0', '79');
    expect(bound.errno, 'binding port 79').toBe('EACCES');
  },
  fault: breaks("the container's network namespace", loosened),
});

check('NET-LOOPBACK', {
  level: 'MUST',
  title: "a container does not reach what listens on the host's 127.0.0.1, by any address of the network driver",
  source: script('DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK'),
  remedy:
    'remove --disable-host-loopback=false and ..._DISABLE_HOST_LOOPBACK=false from the user unit; restart the daemon',
  async verify({ target }) {
    const container = await bridged(target);
    const secret = randomUUID();
    const address = await hostAddress(target);
    const at = (where: string) => ['tcp', '0', secret, '99', where];
    await using servers = await serveOnHost(target, target, at('127.0.0.1'), at(address));
    const [inner = 0, outer = 0] = servers.ports;
    const own = await fetchFromHost(target, inner);
    expect(own, "the host's own connection to its 127.0.0.1").toContain(secret);
    const routes = parseRoutes(await inBridgeNetns(target, 'ip -4 route show'));
    const { prefix, gateway } = driverNetwork(routes);
    const bridges = routes.map(({ source }) => source).filter((source) => source !== null);
    const candidates = [...new Set([gateway, ...[1, 2, 3].map((n) => addressAt(prefix, n)), ...bridges, '127.0.0.1'])];
    // in parallel: an unused address is only known by its timeout
    const attempt = (to: string, port: number) => `{ r=$(probe fetch tcp ${to} ${port} 2000); echo "${to} $r"; } &`;
    const attempts = [attempt(address, outer), ...candidates.map((candidate) => attempt(candidate, inner))];
    const { stdout } = await container.exec(['sh', '-c', `${attempts.join('\n')}\nwait`]);
    const lines = stdout.trim().split('\n');
    expect(lines, 'attempts that were made').toHaveLength(attempts.length);
    const reached = lines.filter((line) => line.includes(secret)).map((line) => line.split(' ')[0]);
    // control: a container without a network reaches nothing
    expect(reached, 'what a container reaches, the address of the host among it').toContain(address);
    const unwanted = reached.filter((one) => one !== address);
    expect(unwanted, "addresses by which a container reaches the host's 127.0.0.1").toEqual([]);
  },
  fault: breaks("addresses by which a container reaches the host's 127.0.0.1", loosened),
});

check('NET-CIDR', {
  level: 'MUST',
  title: "the network driver's network does not overlap any network that the host has a route to",
  source: rootlesskitIssue(283, '10.0.2.0/24 is also the network of others'),
  remedy: 'DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--cidr=10.0.3.0/24 in the user unit (slirp4netns), or renumber the host',
  concurrent: true,
  async verify({ target }) {
    const { prefix } = driverNetwork(parseRoutes(await inBridgeNetns(target, 'ip -4 route show')));
    const hosts = parseRoutes(await mustRun(target, 'ip -4 route show table all'));
    const prefixes = hosts.map((route) => route.prefix);
    expect(prefixes, 'routes of the host that were read').toContain('127.0.0.0/8');
    const colliding = prefixes.filter((one) => overlaps(one, prefix));
    expect(colliding, `routes of the host that overlap ${prefix} of the network driver`).toEqual([]);
  },
  fault: breaks(
    'routes of the host that overlap * of the network driver',
    'the host has an interface in 10.0.2.0/24',
    rootScript(
      () => 'ip link add rdc-lan type bridge; ip addr add 10.0.2.15/24 dev rdc-lan; ip link set rdc-lan up',
      () => 'ip link del rdc-lan',
    ),
  ),
});

const mebibyte = 1024 * 1024;
const bridgeMtu = 1500;

check('NET-MTU', {
  level: 'SHOULD',
  title: 'the MTU is 65520 where the network driver can, 1500 in containers, and 1 MiB passes whole both ways',
  source: script('DOCKERD_ROOTLESS_ROOTLESSKIT_MTU'),
  remedy:
    'remove DOCKERD_ROOTLESS_ROOTLESSKIT_MTU and --mtu from the user unit; systemctl --user restart docker. "ETIMEDOUT" with pasta (seen with Docker 29.8): it loses segments at 65520; DOCKERD_ROOTLESS_ROOTLESSKIT_MTU=1500 carries all',
  concurrent: true,
  async verify({ target, host }) {
    const container = await bridged(target);
    const state = await inBridgeNetns(target, 'ip -4 route show; ip -o link show');
    const { device } = driverNetwork(parseRoutes(state));
    const mtu = (name: string) => Number(new RegExp(`^\\d+: ${name}[:@].* mtu (\\d+)`, 'm').exec(state)?.[1]);
    const { service } = await daemonProcess(target);
    // by process name: VPNKit and lxc-user-nic; pasta too, which got a larger MTU from 28.5.2 on
    const small = isEngineSince(host, '28.5.2') ? /^(vpnkit|lxc-user-nic)/ : /^(vpnkit|lxc-user-nic|pas(ta|st))/;
    const isSmall = service.some(({ command }) => small.test(command));
    expect(mtu(device), `MTU of ${device}`).toBe(isSmall ? 1500 : 65_520);
    expect(mtu('docker0'), 'MTU of docker0').toBe(bridgeMtu);
    const address = await hostAddress(target);
    await using echo = await serveOnHost(target, target, ['echo', '0', '-', '1', address]);
    const passed = await container.probe('transfer', address, String(echo.ports[0]), String(mebibyte));
    const whole = { call: 'transfer', errno: null, sent: mebibyte, received: mebibyte, wrong: 0 };
    expect(passed, '1 MiB from a container to the host and back').toEqual(whole);
  },
  fault: breaks('MTU of *', loosened),
});

check('NET-FWD', {
  level: 'MUST',
  title: 'packets are forwarded between the bridges and the network driver, and /info does not warn of it',
  source: mobyIssue(52737, 'IPv4 forwarding is disabled: the warning and the setting'),
  remedy: "systemctl --user restart docker: the daemon sets net.ipv4.ip_forward=1 in RootlessKit's network namespace",
  async verify({ target }) {
    const container = await bridged(target);
    const forwards = await inBridgeNetns(target, 'cat /proc/sys/net/ipv4/ip_forward');
    expect(forwards.trim(), "net.ipv4.ip_forward of RootlessKit's network namespace").toBe('1');
    const info = (await dockerApi(target, 'GET', '/info')).json<{ Warnings?: string[]; IPv4Forwarding: boolean }>();
    expect(info.IPv4Forwarding, 'IPv4Forwarding of /info').toBe(true);
    expect((info.Warnings ?? []).join('\n'), 'warnings of /info').not.toContain('IPv4 forwarding is disabled');
    const address = await hostAddress(target);
    const outside = randomUUID();
    await using server = await serveOnHost(target, target, ['tcp', '0', outside, '99', address]);
    const answer = await container.probe<{ text: string }>('fetch', 'tcp', address, String(server.ports[0]));
    expect(answer.text, 'what a container fetches from outside').toContain(outside);
    // the host's own address needs no wire: only another host shows what a firewall does
    await using peer = await startPeer(target);
    const there = { shell: peer.shell, exec: target.root.exec };
    const protocols = ['tcp', 'udp'] as const;
    const servers = protocols.map((protocol) => [protocol, '0', outside, '99', peer.address]);
    await using others = await serveOnHost(target, there, ...servers);
    const fetch = protocols.map((protocol, at) => `probe fetch ${protocol} ${peer.address} ${others.ports[at]}`);
    const { stdout } = await container.exec(['sh', '-c', fetch.join('\n')]);
    const [byTcp, byUdp] = parseAnswers(stdout);
    expect(byTcp, 'what a container fetches from another host').toContain(outside);
    expect(byUdp, 'what a container fetches over UDP from another host').toContain(outside);
  },
  fault: breaks(
    "net.ipv4.ip_forward of RootlessKit's network namespace",
    "net.ipv4.ip_forward=0 in RootlessKit's network namespace",
    netnsScript('echo 0 > /proc/sys/net/ipv4/ip_forward', 'echo 1 > /proc/sys/net/ipv4/ip_forward'),
  ),
});

const pingRange = 'net.ipv4.ping_group_range';

check('NET-PING-OUT', {
  level: 'WORKAROUND',
  title: `with ${pingRange}="0 2147483647" on the host, a container's ping reaches another host`,
  source: docker('engine/security/rootless/tips', 'routing ping packets'),
  applies: ({ host }) => {
    const drivers = ['slirp4netns', 'pasta'];
    const driver = networkDriverOf(host) ?? drivers.find((name) => (host.paths[name] ?? null) !== null);
    return drivers.includes(driver ?? '') || `the network driver is ${driver ?? 'neither slirp4netns nor pasta'}`;
  },
  remedy: `echo '${pingRange} = 0 2147483647' | sudo tee /etc/sysctl.d/90-rootless.conf && sudo sysctl --system`,
  async verify({ target, host, stage, defer }) {
    const container = await bridged(target);
    await using peer = await startPeer(target);
    defer(await sysctl(pingRange, '0 2147483647')({ target, host }));
    await stage('applied');
    // not the gateway: slirp4netns answers for 10.0.2.2 itself
    const ping = await container.exec(['ping', '-c', '1', '-W', '3', peer.address]);
    expect(ping.exitCode, `exit code of ping to ${peer.address}`).toBe(0);
    // a driver may forge replies, so the other host's kernel is asked
    const { stdout } = await peer.shell(`awk '/^Icmp: [0-9]/ {print $10}' /proc/net/snmp`);
    expect(Number(stdout), 'echo requests that the other host received').toBeGreaterThan(0);
  },
  triage: {
    async withoutDocker(context) {
      await using peer = await startPeer(context.target);
      context.defer(await sysctl(pingRange, '0 2147483647')(context));
      return await withoutDockerByProbe('an echo to another host with the range', 'icmp', peer.address)(context);
    },
  },
  fault: breaks('exit code of ping to *', 'the range is empty again after it was set', sysctl(pingRange, '1 0'), {
    at: 'applied',
  }),
});

check('NET-PING-SYSCTL', {
  level: 'LIMITATION',
  title: `no group of a container may ping without CAP_NET_RAW, and ${pingRange} cannot be widened for one`,
  source: moby('v26.1.5', 'daemon/oci_linux.go', `the default of ${pingRange} is for the initial user namespace`),
  remedy: 'keep CAP_NET_RAW (the default) and ping as root of the container',
  concurrent: true,
  async verify({ target }) {
    const container = await bridged(target);
    const look = `cat /proc/sys/net/ipv4/ping_group_range; probe icmp 127.0.0.1; ping -c 1 -W 3 127.0.0.1 >/dev/null; echo $?`;
    const { stdout } = await container.exec(['sh', '-c', look]);
    const [range = '', unprivileged = '', ping] = stdout.split('\n');
    // "1 0" on the host: neither group is mapped, which shows as the overflow ID
    expectDocumented(/^0\s+\d{9,}/.test(range) ? null : range, /^65534\s+65534$/, 'the range in a container');
    const { errno } = JSON.parse(unprivileged) as { errno: string | null };
    expectDocumented(errno, /^EACCES$/, 'an echo without CAP_NET_RAW');
    expect(ping, 'exit code of a ping with CAP_NET_RAW').toBe('0');
    const refusal = await refusalOf(target, { host: { Sysctls: { [pingRange]: '0 2147483647' } } });
    expectDocumented(refusal, /ping_group_range.*invalid argument/, `--sysctl ${pingRange}`);
  },
  triage: { withoutDocker: withoutDockerByProbe('an echo without CAP_NET_RAW', 'icmp', '127.0.0.1') },
  fault: lifts('the range in a container', byRootful),
});

/** Accepts all before the rules that keep bridges apart: filter, raw (Docker 28), or the daemon's nftables chains. */
const openBridges = `
if nft list table ip docker-bridges > /dev/null 2>&1; then
  for chain in filter-FORWARD raw-PREROUTING; do nft insert rule ip docker-bridges $chain accept comment rdc; done
else iptables -I FORWARD -j ACCEPT; iptables -t raw -I PREROUTING -j ACCEPT; fi`;
const closeBridges = `
if nft list table ip docker-bridges > /dev/null 2>&1; then
  for chain in filter-FORWARD raw-PREROUTING; do
    nft -a list chain ip docker-bridges $chain | sed -n 's/.*comment "rdc" # handle //p' |
    while read -r handle; do nft delete rule ip docker-bridges $chain handle $handle; done
  done
else iptables -D FORWARD -j ACCEPT; iptables -t raw -D PREROUTING -j ACCEPT; fi`;

check('NET-BRIDGE', {
  level: 'MUST',
  title:
    "containers of a user-defined bridge (MTU 1500) find each other by name, reach the host, and no way leads to or from another bridge's",
  source: docker('engine/network/drivers/bridge', 'differences between user-defined bridges and the default bridge'),
  remedy:
    'dockerd-rootless-setuptool.sh nsenter -- iptables-save (firewall-backend nftables: nft list ruleset); systemctl --user restart docker writes the rules anew; default-address-pools in ~/.config/docker/daemon.json needs room for more networks',
  async verify({ target, stage, defer }) {
    const stranger = await bridged(target);
    // an address pool may have room for the default bridge alone
    const { name: network, refusal } = await askForNetwork(target, 'bridge');
    expect(refusal, 'the refusal of a user-defined bridge').toBeNull();
    defer(() => removeNetwork(target, network, [stranger.id]));
    const [inside, outside] = [randomUUID(), randomUUID()];
    const command = ['sh', '-c', `probe serve udp 80 ${inside} & exec probe serve tcp 80 ${inside}`];
    await using container = await startContainer(target, { command, host: { NetworkMode: network } });
    await stage('started');
    const address = await claimedAddress(target, container, network);
    const [overTcp, overUdp] = ['tcp', 'udp'].map((protocol) => `probe fetch ${protocol} ${address} 80`);
    const before = await stranger.exec(['sh', '-c', `${overTcp} 1500 & ${overUdp} 1500 & wait`]);
    expect(before.stdout, 'the answer to a container of another bridge').not.toContain(inside);
    const host = await hostAddress(target);
    await using server = await serveOnHost(target, target, ['tcp', '0', outside, '99', host]);
    const back = `probe fetch tcp ${await claimedAddress(target, stranger)} 80 1500`;
    const out = `probe fetch tcp ${host} ${server.ports[0]}`;
    const reached = await container.exec(['sh', '-c', `${back} & ${out} & wait; cat /sys/class/net/eth0/mtu`]);
    await accepted(target, 'POST', `/networks/${network}/connect`, { Container: stranger.id });
    const lookUp = `nslookup -type=a ${container.id.slice(0, 12)} 127.0.0.11`;
    const { stdout } = await stranger.exec(['sh', '-c', `${overTcp}; ${overUdp}; timeout 5 ${lookUp}`]);
    const [byTcp, byUdp] = parseAnswers(stdout);
    expect(byTcp, 'the answer to a container of the same bridge').toContain(inside);
    const named = new RegExp(`^Address.*\\b${address}$`, 'm');
    expect(stdout, "the name server's answer for the container's name").toMatch(named);
    // control for the missing answer over UDP to the stranger
    expect(byUdp, 'the answer over UDP to a container of the same bridge').toContain(inside);
    expect(reached.stdout, 'what the container fetches from another bridge').not.toContain(nonce);
    expect(reached.stdout, 'what the container fetches from the host').toContain(outside);
    const mtu = Number(reached.stdout.trim().split('\n').at(-1));
    expect(mtu, "MTU of the container's eth0").toBe(bridgeMtu);
  },
  // at this stage, because a new network makes the daemon put its own rules first again
  fault: breaks(
    'the answer to a container of another bridge',
    'everything is accepted before the rules that keep bridges apart',
    netnsScript(openBridges, closeBridges),
    { at: 'started' },
  ),
});

check('NET-OVERLAY', {
  level: 'LIMITATION',
  title:
    'an overlay network can be made, and no container can join it; with the firewall backend nftables there is no swarm',
  source: docker('engine/security/rootless/troubleshoot', 'known limitations: overlay network'),
  remedy: 'use a bridge on one host, or a rootful daemon for swarm',
  // the daemon gives the container 20 s to join
  concurrent: true,
  async verify({ target }) {
    const swarm = await startSwarm(target);
    if (typeof swarm === 'string') {
      // see IsSwarmCompatible in dockerd's config_linux.go
      expectDocumented(swarm, /(nftables|live-restore .*) is incompatible with swarm mode/, 'a swarm');
      return;
    }
    await using _swarm = swarm;
    const network = await createNetwork(target, 'overlay');
    const refusal = await refusalOf(target, { host: { NetworkMode: network } });
    expectDocumented(refusal, /attaching to network failed.*context deadline exceeded/, 'joining an overlay network');
  },
  triage: {},
  fault: lifts('joining an overlay network', byRootful),
});
