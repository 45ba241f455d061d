import {
  asFinding,
  breaks,
  checksIn,
  docker,
  expect,
  expectDocumented,
  type HostFacts,
  type Inject,
  known,
  lifts,
  mustRun,
  quoteWord,
  refusalOf,
  sysctl,
  type Target,
  withoutDockerByProbe,
} from '../../harness/checks/index.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';
import { asksRootlessKit, portDriverOf, portOwner, rootlessKit } from '../instruments/daemon/rootlesskit.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import {
  fetchFromHost,
  refusalOrSilence,
  startNonceServer,
  tryNonceServer,
} from '../instruments/peers/nonce-server.ts';
import { freePort } from './listeners.ts';

const check = checksIn(import.meta);
const portStart = 'net.ipv4.ip_unprivileged_port_start';
const exposing = docker('engine/security/rootless/tips', 'exposing privileged ports');
const publishing = (hostPort: number) => ({ publish: [{ hostPort, containerPort: 80 }] });

function isPrivileged(port: number, { rootlesskit, sysctl: { unprivilegedPortStart } }: HostFacts): true | string {
  if (rootlesskit?.bindsPrivilegedPorts) return 'rootlesskit runs with cap_net_bind_service: it may bind every port';
  const start = unprivilegedPortStart ?? 1024;
  return port < start || `${portStart} is ${start}: port ${port} is not privileged`;
}

check('PORT-PRIV-DENY', {
  level: 'LIMITATION',
  title: `publishing a host port below ${portStart} (1024, if nobody lowered it) is refused, loudly; that one is not`,
  source: exposing,
  applies: ({ host }) => isPrivileged(1, host),
  remedy: `sudo sysctl -w ${portStart}=80, or setcap on rootlesskit (see PORT-PRIV-SYSCTL, PORT-PRIV-CAP)`,
  reproduce: `docker run -d --name priv -p 80:80 busybox httpd -f   # expected: refused: cannot expose privileged port 80
curl -sS -m 5 -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:80/
docker rm -f priv`,
  async verify({ target, host }) {
    // a value that changed since, or above the kernel's own default, shall fail
    const limit = known(host.sysctl.unprivilegedPortStart, portStart);
    const start = Math.min(limit, 1024);
    const below = await freePort(target, start - 1, -1);
    const refusal = await refusalOrSilence(target, below);
    expectDocumented(refusal, `cannot expose privileged port ${below}`, `publishing port ${below}`);
    expect(refusal, 'the limit in the refusal').toContain(`currently ${limit}`);
    const above = await freePort(target, start);
    const published = await tryNonceServer(target, above);
    asFinding('differs', () => expect(published, `differs: publishing port ${above}`).not.toBeTypeOf('string'));
    if (typeof published === 'string') return;
    await using server = published;
    expect(await fetchFromHost(target, above), `the answer on port ${above}`).toContain(server.nonce);
  },
  triage: {
    async withoutDocker(context) {
      const port = known(context.host.sysctl.unprivilegedPortStart, portStart) - 1;
      return await withoutDockerByProbe(`binding port ${port}`, 'bind', 'tcp', '0.0.0.0', String(port))(context);
    },
  },
  fault: lifts('publishing port *', `sysctl ${portStart}=0`, sysctl(portStart, 0)),
});

check('PORT-PRIV-SYSCTL', {
  level: 'WORKAROUND',
  title: `with ${portStart}=80 port 80 is published and 79 still refused, without a restart`,
  source: exposing,
  // at 80 or less already, PORT-PRIV-DENY judges it and nobody loses a port
  applies: ({ host }) => isPrivileged(80, host),
  remedy: `echo '${portStart}=80' | sudo tee /etc/sysctl.d/90-rootless.conf && sudo sysctl --system`,
  async verify({ target, host, stage, defer }) {
    defer(await sysctl(portStart, 80)({ target, host }));
    await stage('applied');
    const below = (await refusalOrSilence(target, 79)) ?? 'the port answers';
    const silent = /^no refusal, and the port answers ECONNREFUSED$/;
    const wanted = asksRootlessKit({ host }) === true ? /cannot expose privileged port 79/ : silent;
    expect(below, 'the refusal of port 79').toMatch(wanted);
    const published = await tryNonceServer(target, 80);
    expect(published, 'publishing port 80').not.toBeTypeOf('string');
    if (typeof published === 'string') return;
    await using server = published;
    expect(await fetchFromHost(target, 80), 'the answer on port 80').toContain(server.nonce);
  },
  triage: {
    async withoutDocker(context) {
      context.defer(await sysctl(portStart, 80)(context));
      return await withoutDockerByProbe('binding port 80 with the sysctl', 'bind', 'tcp', '0.0.0.0', '80')(context);
    },
    notRootful: 'a rootful daemon publishes every port',
  },
  // pasta says nothing
  fault: breaks(['publishing port 80', 'the answer on port 80'], {
    name: 'the sysctl goes back to 1024 after it was set',
    inject: sysctl(portStart, 1024),
    at: 'applied',
  }),
});

const netBindService = 1n << 10n;
const rootlesskitFile = ({ paths }: HostFacts) =>
  `"$(readlink -f ${quoteWord(known(paths.rootlesskit, 'the path of rootlesskit'))})"`;

async function fileCapabilities({ root }: Target, host: HostFacts) {
  const file = rootlesskitFile(host);
  // `/usr/bin/rootlesskit cap_net_bind_service=ep`, or nothing
  const had = (await mustRun(root, `getcap ${file}`)).trim().replace(/^\S+ (= )?/, '');
  const script = had === '' ? `[ -z "$(getcap ${file})" ] || setcap -r ${file}` : `setcap ${quoteWord(had)} ${file}`;
  return () => mustRun(root, script);
}

const setWhileItRuns: Inject = async ({ target, host }) => {
  const undo = await fileCapabilities(target, host);
  await mustRun(target.root, `setcap cap_net_bind_service=ep ${rootlesskitFile(host)}`);
  return undo;
};

const capabilityLost: Inject = async ({ target, host }) => {
  await mustRun(target.root, `setcap -r ${rootlesskitFile(host)}`);
  await restartDaemon(target);
  return async () => {};
};

check('PORT-PRIV-CAP', {
  level: 'WORKAROUND',
  title: 'with cap_net_bind_service on rootlesskit port 80 is published after a restart of the daemon, and not before',
  source: exposing,
  applies: ({ host }) => {
    const driver = portDriverOf(host);
    const owner = portOwner[driver];
    if (owner !== 'rootlesskit') return `with the port driver ${driver} ${owner} binds the port, and not RootlessKit`;
    const isRefused = isPrivileged(80, host);
    return isRefused === true ? canRestart({ host }) : isRefused;
  },
  remedy: 'sudo setcap cap_net_bind_service=ep $(which rootlesskit) && systemctl --user restart docker',
  restartsDaemon: true,
  async verify({ target, host, stage, defer }) {
    const file = rootlesskitFile(host);
    const asBefore = await fileCapabilities(target, host);
    defer(async () => {
      await asBefore();
      await restartDaemon(target);
    });
    await mustRun(target.root, `setcap cap_net_bind_service=ep ${file}`);
    const early = await refusalOf(target, publishing(80));
    expect(early, 'publishing port 80 before the restart').toContain('cannot expose privileged port 80');
    await restartDaemon(target);
    await stage('applied');
    const kit = known(await rootlessKit(target), 'the process of RootlessKit');
    expect(kit.permitted & netBindService, 'CAP_NET_BIND_SERVICE of the running rootlesskit').toBe(netBindService);
    await using server = await startNonceServer(target, 80);
    expect(await fetchFromHost(target, 80), 'the answer on port 80').toContain(server.nonce);
  },
  fault: breaks(
    'CAP_NET_BIND_SERVICE of the running rootlesskit',
    'the file capability is lost and the daemon restarted, as after an upgrade of the package',
    capabilityLost,
    { at: 'applied' },
  ),
});

check('PORT-PRIV-STALE', {
  level: 'SHOULD',
  title: 'the running rootlesskit has the capability that its file has, and none that the file has lost',
  source: exposing,
  remedy: 'systemctl --user restart docker; after an upgrade of the package setcap again (PORT-PRIV-CAP)',
  async verify({ target }) {
    const kit = known(await rootlessKit(target), 'the process of RootlessKit');
    // after an upgrade the kernel calls the running file deleted, and the new one has no capability
    const file = await mustRun(target.root, `f=$(readlink /proc/${kit.pid}/exe); getcap "\${f% (deleted)}"`);
    const [ofFile, ofProcess] = [file.includes('cap_net_bind_service'), (kit.permitted & netBindService) !== 0n];
    expect(ofFile, 'CAP_NET_BIND_SERVICE of the file, against that of the process').toBe(ofProcess);
  },
  fault: breaks(
    'CAP_NET_BIND_SERVICE of the file, against that of the process',
    'setcap on rootlesskit while it runs, and no restart',
    setWhileItRuns,
  ),
});
