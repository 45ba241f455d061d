import { randomUUID } from 'node:crypto';
import {
  breaks,
  type Container,
  checksIn,
  code,
  dockerApi,
  expect,
  expectDocumented,
  inOrder,
  issue,
  known,
  lifts,
  mobyIssue,
  rootlesskitIssue,
  startContainer,
  type Target,
} from '../../harness/checks/index.ts';
import { byRootful, daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { networkDriverOf } from '../instruments/daemon/rootlesskit.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { serveOnHost } from '../instruments/peers/host-server.ts';
import { daemonEnvironment } from './daemon-environment.ts';

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
    "host.docker.internal:host-gateway is the bridge in RootlessKit's network: no service of the host answers there",
  source: mobyIssue(41904, 'the gateway of a network does not point to the host'),
  remedy: 'two settings, see NET-GATEWAY-ON; or give containers an address of the host that is not of its loopback',
  async verify({ target }) {
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

const hostLoopback = daemonEnvironment({
  // the flag, because DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK came with Docker 26.0
  DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS: '--disable-host-loopback=false',
});

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
  async verify({ target, host, stage, defer }) {
    defer(await inOrder(hostLoopback, daemonJson({ 'host-gateway-ip': loopbackAddress }))({ target, host }));
    await stage('applied');
    const nonce = randomUUID();
    await using server = await serveOnHost(target, target, ['tcp', '0', nonce, '99', '127.0.0.1']);
    await using container = await startContainer(target, withGateway());
    const answer = await fetchByGateway(container, server.ports[0] ?? 0);
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
    daemonEnvironment({ DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS: 'false' }),
  ),
});
