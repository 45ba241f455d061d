import {
  checksOf,
  code,
  docker,
  expect,
  expectDocumented,
  type Fault,
  issue,
  known,
  mustRun,
  refusalOf,
  sysctl,
} from '../../harness/index.ts';
import { restartDaemon, rootfulDaemon } from '../daemon/control-daemon.ts';
import { sysctlValue } from '../prerequisites/sysctl-value.ts';
import { listenersLeft, tcpListeners } from './listeners.ts';
import { fetchFromHost, startNonceServer, tryNonceServer } from './nonce-server.ts';
import { portOwner, rootlessKit } from './rootlesskit.ts';

const check = checksOf('ports');
const needs = ['SOCK-PATH'] as const;
const portStart = 'net.ipv4.ip_unprivileged_port_start';
const exposing = docker('engine/security/rootless/tips', 'exposing privileged ports');
const publishing = (hostPort: number) => ({ publish: [{ hostPort, containerPort: 80 }] });

check({
  id: 'PORT-PRIV-DENY',
  level: 'LIMITATION',
  title: 'publishing a host port below 1024 is refused, loudly; 1024 is not',
  source: exposing,
  needs,
  remedy: `sudo sysctl -w ${portStart}=80, or setcap on rootlesskit (see PORT-PRIV-SYSCTL, PORT-PRIV-CAP)`,
  async verify({ target }) {
    const start = known(await sysctlValue(target, portStart), portStart);
    const refusal = await refusalOf(target, publishing(1023));
    expectDocumented(refusal, `cannot expose privileged port 1023`, 'publishing port 1023');
    expect(refusal, 'the limit in the refusal').toContain(`currently ${start}`);
    await using server = await startNonceServer(target, 1024);
    expect(await fetchFromHost(target, 1024), 'the answer on port 1024').toContain(server.nonce);
  },
  sabotage: { name: `sysctl ${portStart}=0`, by: sysctl(portStart, 0), fails: /^lifted: publishing port 1023/ },
});

check({
  id: 'PORT-PRIV-SYSCTL',
  level: 'WORKAROUND',
  title: `with ${portStart}=80 port 80 is published and 79 still refused, without a restart`,
  source: exposing,
  needs,
  remedy: `echo '${portStart}=80' | sudo tee /etc/sysctl.d/90-rootless.conf && sudo sysctl --system`,
  async verify({ target, stage, defer }) {
    const before = known(await sysctlValue(target, portStart), portStart);
    defer(() => mustRun(target.root, `sysctl -qw ${portStart}=${before}`));
    await mustRun(target.root, `sysctl -qw ${portStart}=80`);
    await stage('applied');
    const below = await refusalOf(target, publishing(79));
    expect(below, 'the refusal of port 79').toContain('cannot expose privileged port 79');
    const published = await tryNonceServer(target, 80);
    expect(published, 'publishing port 80').not.toBeTypeOf('string');
    if (typeof published === 'string') return;
    await using server = published;
    expect(await fetchFromHost(target, 80), 'the answer on port 80').toContain(server.nonce);
  },
  sabotage: {
    name: `the sysctl goes back to 1024 after it was set`,
    at: 'applied',
    by: sysctl(portStart, 1024),
    fails: /publishing port 80/,
  },
});

const rootlesskitFile = '"$(readlink -f "$(command -v rootlesskit)")"';

/** Takes the file capability away again and restarts, as an upgrade of the package does. */
const capabilityLost: Fault = async ({ target }) => {
  await mustRun(target.root, `setcap -r ${rootlesskitFile}`);
  await restartDaemon(target);
  return async () => {};
};

check({
  id: 'PORT-PRIV-CAP',
  level: 'WORKAROUND',
  title: 'with cap_net_bind_service on rootlesskit and a restart of the daemon, port 80 is published',
  source: exposing,
  needs,
  disruptive: true,
  remedy: 'sudo setcap cap_net_bind_service=ep $(which rootlesskit) && systemctl --user restart docker',
  async verify({ target, stage, defer }) {
    const had = await mustRun(target.root, `getcap ${rootlesskitFile}`);
    defer(async () => {
      if (had.trim() !== '') return;
      await target.root.shell(`setcap -r ${rootlesskitFile}`);
      await restartDaemon(target);
    });
    await mustRun(target.root, `setcap cap_net_bind_service=ep ${rootlesskitFile}`);
    await restartDaemon(target);
    await stage('applied');
    const kit = known(await rootlessKit(target), 'the process of RootlessKit');
    const netBindService = 1n << 10n;
    expect(kit.permitted & netBindService, 'CAP_NET_BIND_SERVICE of the running rootlesskit').toBe(netBindService);
    await using server = await startNonceServer(target, 80);
    expect(await fetchFromHost(target, 80), 'the answer on port 80').toContain(server.nonce);
  },
  sabotage: {
    name: 'the file capability is lost and the daemon restarted, as after an upgrade of the package',
    at: 'applied',
    by: capabilityLost,
    fails: /CAP_NET_BIND_SERVICE of the running rootlesskit/,
  },
});

check({
  id: 'PORT-LISTENER',
  level: 'MUST',
  title: "a published port is bound by the port driver's own process, as the user, and answers from the container",
  source: code('rootless-containers/rootlesskit', 'v2.0.2', 'docs/port.md', 'port drivers'),
  needs,
  remedy: 'look who has the port: sudo ss -ltnp; see DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER of the user unit',
  async verify({ target, host }) {
    const port = 28_080;
    await using server = await startNonceServer(target, port);
    expect(await fetchFromHost(target, port), 'the answer on the published port').toContain(server.nonce);
    const driver = (await rootlessKit(target))?.portDriver ?? 'builtin';
    const owners = (await tcpListeners(target, port)).map(
      ({ uid, executable }) => `${executable.split('/').at(-1)} of UID ${uid}`,
    );
    expect([...new Set(owners)], `who listens on ${port} (port driver ${driver})`).toEqual([
      `${portOwner[driver]} of UID ${host.user.uid}`,
    ]);
  },
  sabotage: { name: "a rootful daemon takes the place of the user's", by: rootfulDaemon, fails: /who listens on/ },
});

const releasePort = 28_081;

/** RootlessKit cannot be told any more that a port is free: its API socket is gone when the container ends. */
const rootlesskitDeaf: Fault = async ({ target }) => {
  const { stateDir } = known(await rootlessKit(target), 'the process of RootlessKit');
  const socket = `'${known(stateDir, "RootlessKit's state directory")}/api.sock'`;
  await mustRun(target.root, `mv ${socket} ${socket}.x`);
  return async () => {
    await mustRun(target.root, `mv ${socket}.x ${socket}`);
    await restartDaemon(target);
  };
};

check({
  id: 'PORT-RELEASE',
  level: 'MUST',
  title: 'the host port is free again after the container was stopped, and after its process was killed',
  source: issue('rootless-containers/rootlesskit', 220, 'ports that stay after their container'),
  needs,
  remedy: 'systemctl --user restart docker frees orphaned ports; report the versions of dockerd and rootlesskit',
  async verify({ target, stage }) {
    for (const end of ['stopped', 'killed'] as const) {
      const server = await startNonceServer(target, releasePort);
      expect((await tcpListeners(target, releasePort)).length, 'listeners while the container runs').toBeGreaterThan(0);
      await stage('published');
      if (end === 'killed') await target.root.exec(['kill', '-9', String(await server.hostPid())]);
      else await server.stop();
      const left = await listenersLeft(target, releasePort, 10_000);
      if (end === 'killed') await server.stop();
      expect(left, `listeners 10 s after the container was ${end}`).toEqual([]);
    }
  },
  sabotage: {
    name: "RootlessKit's API socket is gone when the container ends",
    at: 'published',
    by: rootlesskitDeaf,
    fails: /listeners 10 s after/,
  },
});
