import {
  asFinding,
  checksOf,
  chmod,
  docker,
  expect,
  expectDocumented,
  issue,
  page,
  rootScript,
  sharedFixture,
} from '../../harness/index.ts';
import { exchangeBytes } from './serial-io.ts';
import { device, firstPort, hasSerialPort, openInside, openOutside, setMode } from './serial-port.ts';

const check = checksOf('serial');
const needs = ['SOCK-PATH'] as const;
const edgex = page('https://docs.edgexfoundry.org/3.1/security/Ch-DockerRootless/', 'serial ports: device permissions');
const aclRemedy =
  'sudo setfacl -m u:USER:rw /dev/ttyS1, and a udev rule that does it again (a bare chmod is lost at re-plug)';

check({
  id: 'DEV-GROUP',
  level: 'LIMITATION',
  title: 'a serial port of root:dialout 0660 opens for the user on the host and not in a container (EACCES)',
  source: issue('moby/moby', 43019, 'supplementary groups of the user do not reach a rootless container'),
  applies: hasSerialPort,
  needs,
  remedy: aclRemedy,
  async verify({ target, host }) {
    const port = firstPort(host);
    const outside = await openOutside(target, target, port);
    expect(outside.errno, `opening ${port} as ${host.user.name} on the host`).toBeNull();
    const container = await sharedFixture(target, { host: device(port) });
    const inside = await openInside(container, port);
    expectDocumented(inside.errno, /^EACCES$/, `opening ${port} in a container`);
    const owner = `${inside.stat?.uid}:${inside.stat?.gid}`;
    asFinding('differs', () => expect(owner, 'differs: owner and group that the container sees').toBe('65534:65534'));
  },
  sabotage: {
    name: 'the port gets mode 666',
    by: chmod('0666', firstPort),
    fails: /^lifted: opening \/dev\/ttyS\d in a container/,
  },
});

check({
  id: 'DEV-666',
  level: 'WORKAROUND',
  title: 'mode 666 opens the serial port in a container (and to everybody on the host)',
  source: edgex,
  applies: hasSerialPort,
  needs,
  remedy: aclRemedy,
  async verify({ target, host, stage, defer }) {
    const port = firstPort(host);
    defer(await setMode(target, port, '0666'));
    await stage('applied');
    const container = await sharedFixture(target, { host: device(port) });
    expect((await openInside(container, port)).errno, `opening ${port} with mode 666 in a container`).toBeNull();
  },
  sabotage: {
    name: 'the mode goes back to 660 after it was set, as udev does at re-plug',
    at: 'applied',
    by: chmod('0660', firstPort),
    fails: /opening \/dev\/ttyS\d with mode 666 in a container/,
  },
});

check({
  id: 'DEV-006',
  level: 'WORKAROUND',
  title: 'mode 006 opens the serial port in a container, and shuts out members of dialout on the host',
  source: edgex,
  applies: hasSerialPort,
  needs,
  remedy: aclRemedy,
  async verify({ target, host, stage, defer }) {
    const port = firstPort(host);
    defer(await setMode(target, port, '0006'));
    await stage('applied');
    const container = await sharedFixture(target, { host: device(port) });
    expect((await openInside(container, port)).errno, `opening ${port} with mode 006 in a container`).toBeNull();
    const outside = await openOutside(target, target, port);
    expect(outside.errno, `opening ${port} with mode 006 as a member of dialout`).toBe('EACCES');
  },
  sabotage: {
    name: 'the mode goes back to 660 after it was set, as udev does at re-plug',
    at: 'applied',
    by: chmod('0660', firstPort),
    fails: /opening \/dev\/ttyS\d with mode 006 in a container/,
  },
});

check({
  id: 'DEV-IO',
  level: 'MUST',
  title: 'bytes go through a serial port from a container to its peer and back, at 115200 baud',
  source: docker('reference/cli/docker/container/run', '--device'),
  applies: ({ host }) => {
    const has = hasSerialPort({ host });
    return has === true && host.serialPorts.length < 2 ? 'the machine has no second serial port to be the peer' : has;
  },
  needs,
  remedy: 'see that no getty or ModemManager owns the port: systemctl status serial-getty@ttyS1; then check the wiring',
  async verify({ target, host, defer }) {
    const [near = '', far = ''] = host.serialPorts;
    for (const port of [near, far]) defer(await setMode(target, port, '0666'));
    const container = await sharedFixture(target, { host: device(near) });
    await exchangeBytes(target, container, { near, far });
  },
  sabotage: {
    name: 'the peer is no serial line any more: /dev/null lies over it',
    by: rootScript(
      (host) => `mount --bind /dev/null ${host.serialPorts[1]}`,
      (host) => `umount ${host.serialPorts[1]}`,
    ),
    fails: /what came back on/,
  },
});
