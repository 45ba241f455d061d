import {
  breaks,
  checksIn,
  docker,
  expect,
  expectDocumented,
  type HostFacts,
  type Inject,
  known,
  mobyIssue,
  mustRun,
  probePath,
  type Target,
} from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { portDriverOf, rootlessKit } from '../instruments/daemon/rootlesskit.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import { isEngineSince, isSince } from '../instruments/daemon/versions.ts';
import { fetchFromHost, startNonceServer } from '../instruments/peers/nonce-server.ts';
import { startPeer } from '../instruments/peers/peer.ts';
import { switchProxyOff } from './without-proxy.ts';

const check = checksIn(import.meta);
const port = 28_086;

/** pasta forwards every listener of the daemon's network, and the daemon reserves ports by listening. */
function answersWithoutProxy(host: HostFacts): boolean {
  return isEngineSince(host, '28.0') || portDriverOf(host) === 'implicit';
}

/** Tells RootlessKit of the port where none shall answer; else a firewall rejects it. */
const otherThanDocumented: Inject = async ({ target, host }) => {
  if (answersWithoutProxy(host)) {
    const rule = `INPUT -p tcp --dport ${port} -j REJECT --reject-with tcp-reset`;
    await mustRun(target.root, `iptables -w -I ${rule}`);
    return () => mustRun(target.root, `iptables -w -D ${rule}`);
  }
  const { stateDir } = known(await rootlessKit(target), 'the process of RootlessKit');
  const socket = `'${known(stateDir, "RootlessKit's state directory")}/api.sock'`;
  await mustRun(target, `${onSearchPath(host)}rootlessctl --socket ${socket} add-ports 127.0.0.1:${port}:${port}/tcp`);
  // gone with the restart at the end of the check
  return async () => {};
};

check('PORT-NOPROXY', {
  level: 'MUST',
  title:
    'with "userland-proxy": false a published port answers with pasta and from 28.0 on (br_netfilter loaded); before, it is dead',
  source: mobyIssue(43090, 'published ports without the userland proxy'),
  applies: canRestart,
  remedy:
    'before 28.0 leave "userland-proxy" on: without it nobody tells RootlessKit of the port; from 28.0 on: sudo modprobe br_netfilter',
  restartsDaemon: true,
  async verify(context) {
    const { target, host, stage } = context;
    await switchProxyOff(context);
    await using server = await startNonceServer(target, port);
    await stage('published');
    const answer = await fetchFromHost(target, port);
    if (answersWithoutProxy(host)) {
      expect(answer, 'the answer without the userland proxy').toContain(server.nonce);
      return;
    }
    const within = await fetchWhereDaemonIs(target);
    expect(within, "the answer in the daemon's own network").toContain(server.nonce);
    const dead = answer.includes(server.nonce) ? null : answer;
    expectDocumented(dead, /^ECONNREFUSED$/, 'the answer without the userland proxy');
  },
  fault: breaks(
    'the answer without the userland proxy',
    'before 28.0 RootlessKit is told of the port by hand; from 28.0 on a firewall rejects it',
    otherThanDocumented,
    { at: 'published' },
  ),
});

async function fetchWhereDaemonIs(target: Target): Promise<string> {
  const [probe, { pid }] = [await probePath(target), await daemonProcess(target)];
  const { stdout } = await target.root.shell(`nsenter --net=/proc/${pid}/ns/net ${probe} fetch tcp 127.0.0.1 ${port}`);
  return stdout;
}

/** RootlessKit falls back to its own address if connections in a client's name are dropped. */
const transparentLost: Inject = async ({ target }) => {
  const { stateDir } = known(await rootlessKit(target), 'the process of RootlessKit');
  const state = known(stateDir, "RootlessKit's state directory");
  const rule = `OUTPUT ! -s 127.0.0.0/8 -p tcp --dport ${port} -j DROP`;
  const enter = `nsenter -m -t "$(cat '${state}/child_pid')" nsenter --net='${state}/netns'`;
  await mustRun(target.root, `${enter} iptables -w -t mangle -I ${rule}`);
  // gone with the restart at the end of the check
  return async () => {};
};

check('SRC-BUILTIN3', {
  level: 'WORKAROUND',
  title: 'with RootlessKit 3 and "userland-proxy": false a container sees the address of a TCP client of another host',
  source: docker('engine/security/rootless/troubleshoot', 'docker run -p does not propagate source IP addresses'),
  applies: ({ host }) => {
    const { rootlesskit, dockerd } = host.versions;
    if (!isSince(rootlesskit, '3.0'))
      return `${rootlesskit ?? 'no rootlesskit'}: 3.0 is the first that keeps the address`;
    if (!isSince(dockerd, '29.5'))
      return `${dockerd ?? 'no dockerd'}: 29.5 is the first that makes use of RootlessKit 3`;
    const driver = portDriverOf(host);
    return driver === 'builtin' ? canRestart({ host }) : `the port driver is ${driver}, not builtin`;
  },
  remedy: 'journalctl --user -u docker | grep transparent; it needs the iptables command and the mangle table',
  restartsDaemon: true,
  async verify(context) {
    const { target, stage } = context;
    await switchProxyOff(context);
    await using server = await startNonceServer(target, port);
    await using peer = await startPeer(target);
    await stage('published');
    const [answer = ''] = await peer.fetch({ port });
    expect(answer, 'the answer to another host').toContain(server.nonce);
    const client = answer.replace(server.nonce, '').trim();
    expect(client, 'the client that the container sees').toBe(peer.address);
  },
  fault: breaks(
    'the client that the container sees',
    "in the daemon's network, connections in a client's name are dropped, and RootlessKit falls back",
    transparentLost,
    { at: 'published' },
  ),
});
