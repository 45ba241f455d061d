import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { HostFacts } from '../../harness/checks/index.ts';
import { parseRootlessKit, portOwner, programName, refusesSctp } from '../instruments/daemon/rootlesskit.ts';
import { firstFreePort, parseListeners } from './listeners.ts';
import { parseGateway } from './port-server.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8');

it('RootlessKit of Debian 13 and of Debian 11', () => {
  expect(parseRootlessKit(13_803, recorded('debian-13-rootlesskit'))).toEqual({
    pid: 13_803,
    portDriver: 'builtin',
    detachesNetwork: false,
    permitted: 0n,
    stateDir: '/run/user/1001/dockerd-rootless',
  });
  expect(parseRootlessKit(1, recorded('debian-11-rootlesskit')).stateDir).toBe('/tmp/rootlesskit853932348');
});

it('the capability to bind privileged ports, above the range that a number can hold exactly', () => {
  const { permitted } = parseRootlessKit(1, 'rootlesskit --port-driver slirp4netns x\n000001ffffffffff\n\n');
  expect(permitted & (1n << 10n)).toBe(1n << 10n);
  expect(permitted).toBe(0x1ff_ffff_ffffn);
});

it('what is not there is null', () => {
  expect(parseRootlessKit(7, '')).toMatchObject({ pid: 7, portDriver: null, permitted: 0n, stateDir: null });
});

it.each([
  ['rootlesskit --detach-netns dockerd-rootless.sh ', true],
  ['rootlesskit --detach-netns=true --net=pasta x ', true],
  ['rootlesskit --detach-netns=false x ', false],
  ['rootlesskit --net=pasta x ', false],
])('%j: whether it detaches the network is %s', (commandLine, detaches) => {
  expect(parseRootlessKit(1, `${commandLine}\n0\n\n`).detachesNetwork).toBe(detaches);
});

it('listeners: one line an address family, both of the same process', () => {
  const rootlesskit = { pid: 9494, uid: 1001, executable: '/usr/bin/rootlesskit' };
  expect(parseListeners(recorded('debian-13-listeners'))).toEqual([rootlesskit, rootlesskit]);
  expect(parseListeners(recorded('debian-13-listeners-sshd'))[0]).toEqual({
    pid: 470,
    uid: 0,
    executable: '/usr/sbin/sshd',
  });
  expect(parseListeners('')).toEqual([]);
});

it('the first port that nobody listens on, from a port on, upwards or downwards', () => {
  const sockets = recorded('debian-13-sockets');
  const free = (from: number, step: 1 | -1) => firstFreePort(sockets, from, step);
  expect([free(22, 1), free(22, -1), free(80, 1), free(36_703, 1)]).toEqual([23, 21, 80, 36_704]);
  expect([firstFreePort(sockets, 0, -1), firstFreePort('', 65_535, 1)]).toEqual([null, 65_535]);
});

it("the gateway of a container of Debian 12's daemon; a network of no way out has none", () => {
  expect(parseGateway(recorded('debian-12-route'))).toBe('172.17.0.1');
  expect(parseGateway('Iface\tDestination\tGateway\n')).toBeNull();
});

it.each([
  ['29.1.1', 'builtin', false],
  ['29.1.2', 'builtin', true],
  ['29.8.0', 'pesto', true],
  ['29.8.0', 'implicit', false],
])('the daemon %s with the port driver %s refuses SCTP: %s', (version, portDriver, isRefused) => {
  const rootlesskit = { networkDriver: 'pasta', portDriver, detachesNetns: true, bindsPrivilegedPorts: false };
  const host = { versions: { dockerd: `Docker version ${version}, build 1` }, rootlesskit } as unknown as HostFacts;
  expect(refusesSctp(host)).toBe(isRefused);
});

it("every port driver of dockerd-rootless.sh has somebody who binds the host's port", () => {
  const drivers = ['builtin', 'gvisor-tap-vsock', 'implicit', 'pesto', 'slirp4netns'];
  expect(Object.keys(portOwner).sort()).toEqual(drivers);
  expect([portOwner.implicit, portOwner.pesto]).toEqual(['pasta', 'pasta']);
});

it.each([
  ['/usr/bin/rootlesskit', 'rootlesskit'],
  ['/usr/bin/pasta', 'pasta'],
  ['/usr/bin/passt.avx2', 'pasta'],
  ['/opt/pasta/bin/slirp4netns', 'slirp4netns'],
])('%s is %s', (executable, name) => {
  expect(programName(executable)).toBe(name);
});
