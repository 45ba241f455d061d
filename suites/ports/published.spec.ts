import {
  asFinding,
  breaks,
  checksIn,
  code,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  hostProbe,
  type Inject,
  inOrder,
  lifts,
  mobyIssue,
  mustRun,
  probePath,
  quoteWord,
  refusalIn,
  refusalOf,
  rootlesskitIssue,
  rootScript,
  startContainer,
  sysctl,
  type Target,
  type WithoutDocker,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import {
  forwarded,
  losesSource,
  portDriverOf,
  portOwner,
  programName,
  refusesSctp,
  rootlessKit,
} from '../instruments/daemon/rootlesskit.ts';
import { isEngineSince, isSince } from '../instruments/daemon/versions.ts';
import { hostAddress } from '../instruments/peers/host-server.ts';
import { fetchFromHost, startNonceServer } from '../instruments/peers/nonce-server.ts';
import { startPeer } from '../instruments/peers/peer.ts';
import { listenersLeft, tcpListeners } from './listeners.ts';
import { gateway, occupy, portServer, published, randomNonce, randomServer, serverNonce } from './port-server.ts';
import { clientWithoutDocker, servedWithoutDocker } from './served-alone.ts';

const check = checksIn(import.meta);

check('PORT-LISTENER', {
  level: 'MUST',
  title: "a published port is bound by the port driver's own process, as the user, and answers from the container",
  source: code('rootless-containers/rootlesskit', 'v2.0.2', 'docs/port.md', 'port drivers'),
  remedy: 'look who has the port: sudo ss -ltnp; see DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER of the user unit',
  concurrent: true,
  async verify({ target, host }) {
    const port = 28_080;
    await using server = await startNonceServer(target, port);
    expect(await fetchFromHost(target, port), 'the answer on the published port').toContain(server.nonce);
    const driver = (await rootlessKit(target))?.portDriver ?? 'builtin';
    const listeners = await tcpListeners(target, port);
    const owners = new Set(listeners.map(({ uid, executable }) => `${programName(executable)} of UID ${uid}`));
    const wanted = [`${portOwner[driver]} of UID ${host.user.uid}`];
    expect([...owners], `who listens on ${port} (port driver ${driver})`).toEqual(wanted);
  },
  triage: { withoutDocker: servedWithoutDocker({ port: 28_080 }), notRootful: 'its ports are bound by root' },
  fault: breaks('who listens on * (port driver *)', byRootful),
});

const releasePort = 28_081;

check('PORT-RELEASE', {
  level: 'MUST',
  title: 'the host port is free again after the container was stopped, and after its process was killed',
  source: rootlesskitIssue(220, 'ports that stay after their container'),
  remedy: 'systemctl --user restart docker frees orphaned ports; report the versions of dockerd and rootlesskit',
  reproduce: `docker run -d --name port -p 28081:80 busybox httpd -f
kill -9 "$(docker inspect -f '{{.State.Pid}}' port)"; sleep 10
ss -Htln 'sport = :28081'   # expected: nothing
docker rm -f port`,
  async verify({ target, stage }) {
    for (const end of ['stopped', 'killed'] as const) {
      const server = await startNonceServer(target, releasePort);
      expect((await tcpListeners(target, releasePort)).length, 'listeners while the container runs').toBeGreaterThan(0);
      if (end === 'killed') await target.root.exec(['kill', '-9', String(await server.hostPid())]);
      else await server.stop();
      await stage('ended');
      const left = await listenersLeft(target, releasePort, 10_000);
      if (end === 'killed') await server.stop();
      expect(left, `listeners 10 s after the container was ${end}`).toEqual([]);
    }
  },
  // not by removing RootlessKit's API socket: clients may have kept a connection
  fault: breaks(
    'listeners 10 s after the container was *',
    'a listener stays on the port when the container has ended',
    ({ target }) => occupy(target, [releasePort]),
    { at: 'ended' },
  ),
});

const innerPortStart: Inject = async ({ target }) => {
  const { pid } = await portServer(target);
  const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  const set = (value: number) =>
    mustRun(target.root, `nsenter --net=/proc/${pid}/ns/net sh -c 'echo ${value} > ${file}'`);
  await set(1024);
  return () => set(0);
};

const innerPortAlone: WithoutDocker = async (context) => {
  const bind = `setpriv --bounding-set=-all ${await probePath(context.target)} bind tcp 0.0.0.0 80`;
  const inside = `echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start; ${bind} | grep '"errno":null'`;
  const script = `unshare -Urn sh -c ${quoteWord(inside)}`;
  return await withoutDockerByScript('binding port 80 in a network namespace without a capability', script)(context);
};

check('PORT-INNER80', {
  level: 'MUST',
  title: 'inside a container on a bridge any UID may bind port 80, without a capability',
  source: mobyIssue(41030, 'ip_unprivileged_port_start=0 in a container'),
  applies: ({ host }) => isEngineSince(host, '20.10') || 'set by the daemon from 20.10 on',
  remedy: 'docker run --sysctl net.ipv4.ip_unprivileged_port_start=0; look for a default sysctl that overrides it',
  async verify({ target }) {
    const { container } = await portServer(target);
    const script = `cat /proc/sys/net/ipv4/ip_unprivileged_port_start; grep CapEff /proc/self/status; probe bind tcp 0.0.0.0 80`;
    const { stdout } = await container.exec(['sh', '-c', script], { user: '1000:1000' });
    const [portStart = '', capabilities = '', bound = ''] = stdout.split('\n');
    expect(capabilities, 'capabilities of UID 1000 in the container').toMatch(/\t0+$/);
    expect(bound, 'binding port 80 as UID 1000 in the container').toContain('"errno":null');
    expect(portStart, 'ip_unprivileged_port_start in the container').toBe('0');
  },
  triage: { withoutDocker: innerPortAlone },
  fault: breaks(
    'binding port 80 as UID 1000 in the container',
    "the container's ip_unprivileged_port_start becomes 1024",
    innerPortStart,
  ),
});

/** One firewall for three checks: it is applied once for all of them. */
const carelessFirewall = {
  name: 'a firewall of the host hands a loopback port to everybody, drops UDP from others and rejects IPv6',
  inject: inOrder(
    sysctl('net.ipv4.conf.all.route_localnet', 1),
    rule('iptables -w -t nat', `PREROUTING -p tcp --dport ${published.loopback} -j DNAT --to-destination 127.0.0.1`),
    rule('iptables -w', `INPUT ! -i lo -p udp --dport ${published.udp} -j DROP`),
    rule('ip6tables -w', `INPUT -p tcp --dport ${published.any} -j REJECT --reject-with tcp-reset`),
  ),
};

function rule(table: string, text: string): Inject {
  return rootScript(
    () => `${table} -I ${text}`,
    () => `${table} -D ${text}`,
  );
}

/** By device, whether the kernel takes packets for 127.0.0.1 there; `all` applies to each. */
const localnetRoutes = `
cd /proc/sys/net/ipv4/conf
for device in *; do
  # a rootful daemon without its userland proxy sets it on its own bridge
  [ "$device" = lo ] || [ -e "/sys/class/net/$device/bridge" ] || {
    # a sysctl gives all it has at the first byte that sh reads, and no end of line
    route=; read -r route < "$device/route_localnet" || :; echo "$device $route"
  } 2> /dev/null
done`;

check('PORT-LO-ONLY', {
  level: 'MUST',
  title:
    'a port published on 127.0.0.1 answers on the host alone; to other hosts it is closed, or, with the port driver implicit, hangs up',
  source: mobyIssue(48838, 'ports of the loopback address that others reach'),
  // red on debian-13-pasta, where the host itself gets no answer: rootlesskit's pull request 482
  remedy:
    'publish as 127.0.0.1:PORT:PORT with the builtin port driver (with pasta: a RootlessKit that gives it --host-lo-to-ns-lo); look for DNAT: sudo iptables -t nat -S',
  reproduce: `docker run -d --name lo -p 127.0.0.1:28080:80 busybox httpd -f
curl -sS -m 5 -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:28080/   # expected: a status such as 404
docker rm -f lo`,
  async verify({ target, host }) {
    await portServer(target);
    await using peer = await startPeer(target);
    const loopback = published.loopback;
    expect(await fetchFromHost(target, loopback), 'the answer on the host').toContain(serverNonce);
    const [control, ...others] = await peer.fetch(
      { port: published.any },
      { port: loopback },
      { port: loopback, address: peer.hostAddress6 },
    );
    expect(control, 'the answer to another host on a port of every address').toContain(serverNonce);
    // a reset means that somebody accepted: pasta does so on every address, and hangs up
    const closed = portDriverOf(host) === 'implicit' ? /^(E[A-Z]+)?$/ : /^E(?!CONNRESET)[A-Z]+$/;
    for (const answer of others) expect(answer, 'the answer to another host on the loopback port').toMatch(closed);
    const devices = (await mustRun(target, localnetRoutes)).trim().split('\n');
    expect(devices.join(' '), 'devices whose route_localnet was read').toMatch(/\ball [01]\b/);
    const open = devices.filter((line) => line.endsWith(' 1'));
    expect(open, 'devices by which the kernel lets another host reach 127.0.0.1').toEqual([]);
  },
  triage: { withoutDocker: servedWithoutDocker({ port: published.loopback, isLocal: true }) },
  // pasta forwards to an address without a listener: the kernel setting shows what is open
  fault: breaks(
    [
      'the answer to another host on the loopback port',
      'devices by which the kernel lets another host reach 127.0.0.1',
    ],
    carelessFirewall,
  ),
});

const boundPort = 28_086;

check('PORT-IP-BIND', {
  level: 'MUST',
  title: 'a port published on one address of the host answers there, and on no other address of the host',
  source: docker('engine/network/port-publishing', 'publishing ports: HOST_IP:HOST_PORT:CONTAINER_PORT'),
  remedy:
    'sudo ss -ltnp shows the address that the port driver has bound; look for DNAT: sudo iptables -t nat -S; docker ps shows what was asked for. With pasta, Docker 29.8 refuses an address of the host: publish on every address, or use slirp4netns',
  async verify({ target, host }) {
    // it brings an address to the host
    await using peer = await startPeer(target);
    await using server = await startNonceServer(target, boundPort, { hostIp: peer.hostAddress });
    const [outside] = await peer.fetch({ port: boundPort });
    expect(outside, 'the answer to another host on the address').toContain(server.nonce);
    const own = await fetchFromHost(target, boundPort, peer.hostAddress);
    expect(own, 'the answer to the host itself on the address').toContain(server.nonce);
    // pasta accepts on every address, and hangs up
    const closed = portDriverOf(host) === 'implicit' ? /^(E[A-Z]+)?$/ : /^ECONNREFUSED$/;
    for (const address of ['127.0.0.1', '::1', await hostAddress(target)])
      expect(await fetchFromHost(target, boundPort, address), `the answer on ${address}`).toMatch(closed);
  },
  fault: breaks(
    'the answer on {127.0.0.1}',
    'a rule of the host leads its loopback to the port too',
    rule('iptables -w -t nat', `OUTPUT -d 127.0.0.1 -p tcp --dport ${boundPort} -j DNAT --to-destination 198.51.100.1`),
  ),
});

check('PORT-UDP', {
  level: 'MUST',
  title: 'a published UDP port answers on the host, and to another host',
  source: rootlesskitIssue(592, 'UDP answers that never reach a client beyond loopback'),
  remedy: 'RootlessKit 3.0.0 (Docker 29.5.0 to 29.5.2) loses them: upgrade to 3.0.1; else look at the firewall',
  async verify({ target }) {
    await portServer(target);
    await using peer = await startPeer(target);
    const { udp } = published;
    const own = await fetchFromHost(target, udp, '127.0.0.1', 'udp');
    expect(own, 'the answer over UDP on the host').toContain(serverNonce);
    const [answer] = await peer.fetch({ port: udp, protocol: 'udp', timeoutMs: 5000 });
    expect(answer, 'the answer over UDP to another host').toContain(serverNonce);
  },
  triage: { withoutDocker: servedWithoutDocker({ port: published.udp, protocol: 'udp' }) },
  fault: breaks('the answer over UDP to another host', carelessFirewall),
});

check('PORT-V6', {
  level: 'MUST',
  title:
    'a published port answers over IPv6 on the host and to another; with the port drivers slirp4netns, implicit and pesto of 3.1 on IPv4 only',
  source: code('rootless-containers/rootlesskit', 'v2.0.2', 'docs/port.md', 'note about IPv6'),
  applies: ({ host }) => host.sysctl.disableIpv6 === 0 || 'IPv6 is off on this host',
  remedy:
    'Docker 20.10.2 to 20.10.5 (Debian 11), 28.0.0 and 29.0 lost IPv6: upgrade; DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=builtin',
  reproduce: `docker run -d --name v6 -p 28080:80 busybox httpd -f
curl -sS -m 5 -o /dev/null -w '%{http_code}\\n' 'http://127.0.0.1:28080/'   # expected: a status such as 404
curl -sS -m 5 -o /dev/null -w '%{http_code}\\n' 'http://[::1]:28080/'       # expected: the same
docker rm -f v6`,
  async verify({ target, host }) {
    await portServer(target);
    await using peer = await startPeer(target);
    const port = published.any;
    expect(await fetchFromHost(target, port), 'the answer on 127.0.0.1').toContain(serverNonce);
    const local = await fetchFromHost(target, port, '::1');
    // asked only without an answer: finding the process takes as long as all the rest
    const driver = local.includes(serverNonce) ? 'builtin' : ((await rootlessKit(target))?.portDriver ?? '');
    // RootlessKit starts pasta with --ipv4-only by default (pkg/network/pasta); pesto of 3.1 knows IPv4 only
    const pesto = isSince(host.versions.rootlesskit, '3.2') ? [] : ['pesto'];
    const isV4Only = ['slirp4netns', 'implicit', ...pesto].includes(driver);
    const wanted = isV4Only ? 'ECONNREFUSED' : serverNonce;
    expect(local, `the answer on [::1] (port driver ${driver})`).toContain(wanted);
    const [answer] = await peer.fetch({ port, address: peer.hostAddress6 });
    expect(answer, 'the answer over IPv6 to another host').toContain(wanted);
  },
  triage: { withoutDocker: servedWithoutDocker({ port: published.any, isV6: true }) },
  fault: breaks('the answer on [::1] (port driver *)', carelessFirewall),
});

check('SRC-LEGACY', {
  level: 'LIMITATION',
  title: "a container sees its bridge's gateway in the place of a client of another host",
  source: mobyIssue(41789, 'the source address is lost on the way through the builtin port driver'),
  applies: losesSource,
  remedy: 'Docker 29.5 with "userland-proxy": false (SRC-BUILTIN3), or the slirp4netns port driver, keep the address',
  async verify({ target }) {
    const { pid } = await portServer(target);
    await using peer = await startPeer(target);
    const [answer = ''] = await peer.fetch({ port: published.any });
    expect(answer, 'the answer to another host').toContain(serverNonce);
    const client = answer.replace(serverNonce, '').trim();
    const label = 'the client that the container sees';
    asFinding('lifted', () => expect(client, `lifted: ${label}`).not.toBe(peer.address));
    const bridge = await gateway(target, pid);
    asFinding('differs', () => expect(client, `differs: ${label}`).toBe(bridge));
  },
  triage: { withoutDocker: clientWithoutDocker },
  fault: lifts('the client that the container sees', byRootful),
});

const sctpPort = 28_085;

async function connectSctp(target: Target): Promise<string | null> {
  const connect = ['connect', 'sctp', '127.0.0.1', String(sctpPort)];
  return (await hostProbe<{ errno: string | null }>(target, target, connect)).errno;
}

const sctpAlone: WithoutDocker = async ({ target }) => {
  const errno = await connectSctp(target);
  return { works: errno !== 'EPROTONOSUPPORT', saw: `an SCTP connection to a free port: ${errno ?? 'done'}` };
};

type Inspected = { NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> } };

const noSctp = 'the kernel has no SCTP, for no daemon';

check('PORT-SCTP', {
  level: 'LIMITATION',
  title:
    'an SCTP port is listed as published, and nothing listens on it; from Docker 29.1.2 on the daemon refuses it instead, unless pasta forwards',
  source: docker('engine/security/rootless/troubleshoot', 'known limitations: SCTP ports'),
  applies: ({ host }) => refusesSctp(host) || host.sctp || noSctp,
  remedy: 'none: publish TCP or UDP, or use a rootful daemon',
  concurrent: true,
  async verify({ target, host }) {
    const publish = [{ hostPort: sctpPort, containerPort: 80, protocol: 'sctp' as const }];
    if (refusesSctp(host)) {
      const refusal = await refusalOf(target, { publish });
      expectDocumented(refusal, /no IP addresses specified/, 'publishing an SCTP port');
      return;
    }
    const started = await startContainer(target, { publish }).catch((error) => refusalIn(error, target));
    asFinding('differs', () => expect(started, 'differs: publishing an SCTP port').not.toBeTypeOf('string'));
    if (typeof started === 'string') return;
    await using container = started;
    const inspected = await dockerApi(target, 'GET', `/containers/${container.id}/json`);
    const listed = inspected.json<Inspected>().NetworkSettings.Ports['80/sctp']?.map(({ HostPort }) => HostPort);
    asFinding('differs', () => expect(listed, 'differs: the ports that inspect lists').toContain(String(sctpPort)));
    const documented = /^E(CONNREFUSED|PROTONOSUPPORT)$/;
    expectDocumented(await connectSctp(target), documented, 'an SCTP connection to the published port');
  },
  triage: { withoutDocker: sctpAlone },
  fault: lifts(['publishing an SCTP port', 'an SCTP connection to the published port'], {
    ...byRootful,
    possible: ({ host }) => host.sctp || noSctp,
  }),
});

// the daemon gives up after ten ports
const tries = 10;

check('PORT-RANDOM', {
  level: 'MUST',
  title: 'where the host port is left to the daemon, it takes another one when the next is busy on the host',
  source: mobyIssue(53153, 'a busy port is not passed over any more from 29.0 on'),
  remedy: 'Docker 29 does not try the next one: start again, or name the port; sudo ss -ltn shows who has it',
  async verify({ target, stage, defer }) {
    const { container, port: before } = await randomServer(target);
    defer(await occupy(target, [before + 1]));
    await stage('busy');
    // a restart gives the port back and takes the next, without a second container
    const restarted = await dockerApi(target, 'POST', `/containers/${container.id}/restart?t=0`);
    if (restarted.status !== 204) await target.invalidate();
    expect(restarted.text, `the daemon's refusal when port ${before + 1} is busy`).toBe('');
    const { port } = await randomServer(target);
    await forwarded(target, [port]);
    expect(await fetchFromHost(target, port), 'the answer on the port after the busy one').toContain(randomNonce);
    if (port <= before + 1) throw new Error(`the daemon went from port ${before} to ${port}: it met no busy one`);
  },
  fault: breaks(
    "the daemon's refusal when port * is busy",
    `more ports are busy than the daemon tries (${tries})`,
    async ({ target }) => {
      const { port: chosen } = await randomServer(target);
      const next = Array.from({ length: tries }, (_, index) => chosen + 2 + index);
      return await occupy(target, next);
    },
    { at: 'busy' },
  ),
});
