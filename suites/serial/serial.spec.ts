import {
  asFinding,
  breaks,
  checksIn,
  chmod,
  code,
  docker,
  expect,
  expectDocumented,
  known,
  lifts,
  man,
  mobyIssue,
  mustRun,
  page,
  refusalOf,
  rootScript,
  sharedContainer,
  type VerifyContext,
  type WithoutDocker,
} from '../../harness/checks/index.ts';
import { attemptsIn } from '../instruments/container/attempts.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { probeAnswers } from '../instruments/kernel/probe-answers.ts';
import { exchangeBytes } from '../instruments/serial-line/serial-io.ts';
import {
  aclUndo,
  device,
  firstPort,
  grant,
  groupOf,
  hasSerialPort,
  hasTwoSerialPorts,
  noAclTools,
  type Opened,
  openAsStranger,
  openInside,
  openInsideAs,
  openOutside,
  renamed,
  setMode,
  unheededContainer,
} from '../instruments/serial-line/serial-port.ts';

const check = checksIn(import.meta);
const edgex = page('https://docs.edgexfoundry.org/3.1/security/Ch-DockerRootless/', 'serial ports: device permissions');
const aclRemedy =
  'sudo setfacl -m u:USER:rw /dev/ttyS1, and a udev rule that does it again (a bare chmod is lost at re-plug)';

const [zero, kmsg] = ['1:5', '1:b'];
const openToAll = { name: 'the port gets mode 666', inject: chmod('0666', firstPort) };

function openAlone(mode?: string): WithoutDocker {
  return async ({ target, host, defer }) => {
    const port = firstPort(host);
    if (mode !== undefined) defer(await setMode(target, port, mode));
    const { errno } = await openOutside(target, port);
    return { works: errno === null, saw: `opening ${port} on the host: ${errno ?? 'done'}` };
  };
}

check('DEV-GROUP', {
  level: 'LIMITATION',
  title: 'a serial port of root:dialout 0660 opens for the user on the host and not in a container (EACCES)',
  source: mobyIssue(43019, 'supplementary groups of the user do not reach a rootless container'),
  applies: hasSerialPort,
  remedy: aclRemedy,
  concurrent: true,
  async verify({ target, host }) {
    for (const port of host.serialPorts) {
      const outside = await openOutside(target, port);
      expect(outside.errno, `opening ${port} as ${host.user.name} on the host`).toBeNull();
    }
    const Devices = host.serialPorts.flatMap((port) => device(port).Devices);
    const container = await sharedContainer(target, { host: { Devices } });
    // read and write apart: mode 664 refuses only one
    const calls = host.serialPorts.flatMap((port) => ['r', 'w', 'rw'].map((access) => `open ${port} ${access}`));
    for (const [call, errno] of Object.entries(await attemptsIn(container, calls))) {
      expectDocumented(errno, /^EACCES$/, call.replace(/^open (\S+) (\w+)$/, 'opening $1 ($2) in a container'));
    }
    const inside = await openInside(container, firstPort(host));
    const owner = `${inside.stat?.uid}:${inside.stat?.gid}`;
    asFinding('differs', () => expect(owner, 'differs: owner and group that the container sees').toBe('65534:65534'));
    // an unmapped owner looks like any other from inside
    const nodes = await mustRun(target, `stat -c '%U:%G %a' ${host.serialPorts.join(' ')}`);
    const owners = [...new Set(nodes.trim().split('\n'))];
    const wanted = ['root:dialout 660'];
    asFinding('differs', () => expect(owners, 'differs: owner, group and mode on the host').toEqual(wanted));
  },
  triage: { withoutDocker: openAlone() },
  fault: lifts('opening * ({r}) in a container', openToAll),
});

check('DEV-GROUPADD', {
  level: 'LIMITATION',
  title: '--group-add with the GID of dialout does not open a serial port in a container (EACCES)',
  source: mobyIssue(43019, 'a GID of the container is another one on the host'),
  applies: hasSerialPort,
  remedy: aclRemedy,
  concurrent: true,
  async verify({ target, host }) {
    const port = firstPort(host);
    const container = await unheededContainer(target, host);
    const { stdout } = await container.exec(['sh', '-c', `probe ids; probe open ${port} rw`]);
    const [ids, opened] = probeAnswers<{ groups: number[] } & Opened>(stdout);
    // control: without the group the refusal proves nothing
    expect(ids?.groups, 'supplementary groups in the container').toContain(await groupOf(target, port));
    expectDocumented(known(opened, 'the answer of probe open').errno, /^EACCES$/, `opening ${port} with --group-add`);
  },
  triage: { withoutDocker: openAlone() },
  fault: lifts('opening * with --group-add', openToAll),
});

async function openWithMode(mode: string, { target, host, stage, defer }: VerifyContext): Promise<string> {
  const port = firstPort(host);
  defer(await setMode(target, port, `0${mode}`));
  await stage('applied');
  const container = await sharedContainer(target, { host: device(port) });
  expect((await openInside(container, port)).errno, `opening ${port} with mode ${mode} in a container`).toBeNull();
  return port;
}

const modeLost = {
  name: 'the mode goes back to 660 after it was set, as udev does at re-plug',
  inject: chmod('0660', firstPort),
  at: 'applied',
};

check('DEV-666', {
  level: 'WORKAROUND',
  title: 'mode 666 opens the serial port in a container (and to everybody on the host)',
  source: edgex,
  applies: hasSerialPort,
  remedy: aclRemedy,
  async verify(context) {
    const port = await openWithMode('666', context);
    const nobody = await openAsStranger(context.target, port, 65_534);
    expect(nobody.errno, `opening ${port} with mode 666 as nobody on the host`).toBeNull();
  },
  triage: { withoutDocker: openAlone('0666') },
  fault: breaks('opening * with mode {666} in a container', modeLost),
});

check('DEV-006', {
  level: 'WORKAROUND',
  title: 'mode 006 opens the serial port in a container, and shuts out members of dialout on the host',
  source: edgex,
  applies: hasSerialPort,
  remedy: aclRemedy,
  async verify(context) {
    const port = await openWithMode('006', context);
    const outside = await openOutside(context.target, port);
    expect(outside.errno, `opening ${port} with mode 006 as a member of dialout`).toBe('EACCES');
  },
  fault: breaks('opening * with mode {006} in a container', modeLost),
});

check('DEV-ACL', {
  level: 'WORKAROUND',
  title: "an ACL entry for the user opens the serial port to a container's root alone; other IDs want one of their own",
  source: man('acl', 5, 'access check algorithm: named users come before groups and others'),
  applies: ({ host }) => (host.paths.getfacl ? hasSerialPort({ host }) : noAclTools),
  remedy: aclRemedy,
  async verify({ target, host, stage, defer }) {
    const port = firstPort(host);
    const group = await groupOf(target, port);
    const subordinate = known(host.user.subuid[0], 'the subordinate UIDs').start + 999;
    const container = await sharedContainer(target, { host: device(port) });
    defer(await aclUndo(target, port));
    await grant(target, port, host.user.uid);
    await stage('applied');
    expect((await openInside(container, port)).errno, `opening ${port} with an ACL as root of a container`).toBeNull();
    const refused = await openInsideAs(container, port, '1000');
    expect(refused.errno, `opening ${port} as 1000 of a container`).toBe('EACCES');
    expect((await openAsStranger(target, port, 65_534)).errno, `opening ${port} as nobody on the host`).toBe('EACCES');
    expect((await openAsStranger(target, port, group)).errno, `opening ${port} as a member of dialout`).toBeNull();
    await grant(target, port, subordinate);
    const as1000 = await openInsideAs(container, port, '1000');
    expect(as1000.errno, `opening ${port} as 1000 of a container, with an ACL for ${subordinate}`).toBeNull();
  },
  fault: breaks(
    'opening * with an ACL as root of a container',
    'the ACL is gone again after it was set, as at re-plug',
    rootScript((host) => `setfacl -b ${firstPort(host)}`),
    { at: 'applied' },
  ),
});

check('DEV-VOLUME', {
  level: 'WORKAROUND',
  title:
    'a serial port given as a volume, without --device, opens in a container: no device controller stands before it',
  source: edgex,
  applies: hasSerialPort,
  remedy: aclRemedy,
  async verify({ target, host, defer }) {
    const port = firstPort(host);
    defer(await setMode(target, port, '0666'));
    const { stat } = await openOutside(target, port);
    const container = await sharedContainer(target, { host: { Binds: [`${port}:${port}`] } });
    const inside = await openInside(container, port);
    expect(inside.errno, `opening ${port} as a volume of a container`).toBeNull();
    const numbers = `${inside.stat?.major}:${inside.stat?.minor}`;
    expect(numbers, `device number of ${port} in the container`).toBe(`${stat?.major}:${stat?.minor}`);
  },
  triage: { withoutDocker: openAlone('0666'), notRootful: 'a rootful container has a device controller' },
  fault: breaks('opening * as a volume of a container', byRootful),
});

check('DEV-RENAME', {
  level: 'LIMITATION',
  title: "--device A:B gives the container the host's B and not A, and is refused where the host has no B",
  source: code(
    'opencontainers/runc',
    'v1.1.15',
    'libcontainer/rootfs_linux.go',
    'bindMountDeviceNode: the name inside',
  ),
  remedy: 'give the device its name on the host (a udev SYMLINK is not enough), or mount it: -v A:B',
  concurrent: true,
  async verify({ target, host }) {
    const container = await unheededContainer(target, host);
    const { stdout } = await container.exec(['stat', '-c', '%t:%T', renamed.PathInContainer]);
    const inside = stdout.trim();
    asFinding('lifted', () => expect(inside, 'lifted: device number of /dev/zero as /dev/kmsg').not.toBe(zero));
    asFinding('differs', () => expect(inside, 'differs: device number of /dev/zero as /dev/kmsg').toBe(kmsg));
    const absent = { ...renamed, PathInContainer: '/dev/rdc-absent' };
    const refusal = await refusalOf(target, { host: { Devices: [absent] } });
    // runc 1.0.0-rc93 (Debian 11) does not name the node
    const refused = /(rdc-absent.*|creating device nodes caused): no such file or directory/;
    expectDocumented(refusal, refused, 'a name that the host does not have');
  },
  triage: {},
  fault: lifts('device number of /dev/zero as /dev/kmsg', byRootful),
});

check('DEV-IO', {
  level: 'MUST',
  title: 'bytes go through a serial port from a container to its peer and back, at 115200 baud',
  source: docker('reference/cli/docker/container/run', '--device'),
  applies: hasTwoSerialPorts,
  remedy: 'see that no getty or ModemManager owns the port: systemctl status serial-getty@ttyS1; then check the wiring',
  async verify({ target, host, defer }) {
    const [near = '', far = ''] = host.serialPorts;
    for (const port of [near, far]) defer(await setMode(target, port, '0666'));
    const container = await sharedContainer(target, { host: device(near) });
    await exchangeBytes(target, container, { near, far });
  },
  triage: { withoutDocker: openAlone('0666') },
  fault: breaks(
    'what came back on *',
    'the peer is no serial line any more: /dev/null lies over it',
    rootScript(
      (host) => `mount --bind /dev/null ${host.serialPorts[1]}`,
      (host) => `umount ${host.serialPorts[1]}`,
    ),
  ),
});
