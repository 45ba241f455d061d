import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseDaemonProcess } from './process.ts';

const recorded = (name: string) =>
  readFileSync(join(import.meta.dirname, 'fixtures', `${name}-daemon-process.txt`), 'utf8');
const commandsOf = (text: string) =>
  parseDaemonProcess(text)
    ?.service.map(({ command }) => command)
    .sort();
const serviceOfUser = ['containerd', 'dockerd', 'exe', 'rootlesskit', 'slirp4netns'];

it.each(['debian-13', 'debian-11'])(
  '%s: the service is what RootlessKit started, and nothing else of the machine',
  (name) => {
    const daemon = parseDaemonProcess(recorded(name));
    expect(commandsOf(recorded(name))).toEqual(serviceOfUser);
    expect(daemon?.service.flatMap(({ uids }) => uids).every((uid) => uid === 1001)).toBe(true);
    expect(daemon?.uidMap).toEqual([
      { inside: 0, outside: 1001, count: 1 },
      { inside: 1, outside: 165_536, count: 65_536 },
    ]);
    expect(daemon?.gidMap).toEqual(daemon?.uidMap);
    expect(daemon?.userNamespace).not.toBe(daemon?.initialUserNamespace);
  },
);

it('a part of the service that runs as root is seen', () => {
  const text = recorded('debian-13').replace(
    /^(process \d+ \d+ 1) 1001 1001 1001 1001 slirp4netns$/m,
    '$1 1001 0 0 0 slirp4netns',
  );
  const foreign = parseDaemonProcess(text)?.service.filter(({ uids }) => uids.some((uid) => uid !== 1001));
  expect(foreign).toEqual([{ pid: 13_836, command: 'slirp4netns', uids: [1001, 0, 0, 0] }]);
});

it('containers are left out, and what the daemon runs for them is not', () => {
  const text = `${recorded('debian-13')}
process 900 3970 1 1001 1001 1001 1001 containerd-shim
process 901 13845 1 1001 1001 1001 1001 rootlesskit-docker-proxy
process 902 13864 2 165536 165536 165536 165536 nginx`;
  expect(commandsOf(text)).toEqual([...serviceOfUser, 'rootlesskit-docker-proxy'].sort());
});

it('a rootful daemon in its place is a service of root, up to PID 1 and no further', () => {
  const daemon = parseDaemonProcess(`pid 700
userns user:[4026531837]
initns user:[4026531837]
uid_map          0          0 4294967295
gid_map          0          0 4294967295
process 1 0 1 0 0 0 0 systemd
process 500 1 1 0 0 0 0 cron
process 700 1 1 0 0 0 0 dockerd
process 710 700 1 0 0 0 0 containerd`);
  expect(daemon?.service.map(({ pid }) => pid)).toEqual([700, 710]);
  expect(daemon?.userNamespace).toBe(daemon?.initialUserNamespace);
});

it('a child between fork and exec, and who opened the socket for it, hold it too: the daemon serves it', () => {
  const holder = (pid: number) => `pid ${pid}\nuserns user:[1]\nuid_map 0 0 1\n`;
  const text = `${holder(3970)}${recorded('debian-13')}`.replace('process 1 0 1', `${holder(14_999)}process 1 0 1`);
  const child = 'process 14999 13845 1 1001 1001 1001 1001 dockerd';
  const { service, ...daemon } = parseDaemonProcess(`${text}\n${child}`) ?? {};
  const { service: usual, ...alone } = parseDaemonProcess(recorded('debian-13')) ?? {};
  expect(daemon).toEqual(alone);
  expect(service).toEqual([...(usual ?? []), { pid: 14_999, command: 'dockerd', uids: [1001, 1001, 1001, 1001] }]);
});

it('RootlessKit is what started the daemon, and no other process of that name', () => {
  const text = `${recorded('debian-13')}
process 100 13845 1 1001 1001 1001 1001 rootlesskit`;
  expect(parseDaemonProcess(text)?.startedBy.map(({ pid, command }) => `${command} ${pid}`)).toEqual([
    'rootlesskit 13803',
    'exe 13814',
  ]);
});

it('the daemon of a container machine that listens at the same path is another', () => {
  const text = `pid 20000\nuserns user:[1]\nuid_map 0 0 1\n${recorded('debian-13')}
process 20000 1 2 101001 101001 101001 101001 dockerd`;
  expect(parseDaemonProcess(text)).toEqual(parseDaemonProcess(recorded('debian-13')));
});

it('of two that listen at the path, one on a socket that was taken away, none is guessed', () => {
  const text = `pid 536\nuserns user:[1]\n${recorded('debian-13')}\nprocess 536 1 1 0 0 0 0 dockerd`;
  expect(() => parseDaemonProcess(text)).toThrow(
    '[FACTS] several processes listen at the path of the API socket: dockerd 13845, dockerd 536',
  );
});

it.each([
  ['an empty answer', ''],
  ['words', 'grep: /proc/1/net/unix: Permission denied\n'],
  ['a PID that is none', 'pid x\n'],
])('%s is no daemon', (_, text) => {
  expect(parseDaemonProcess(text)).toBeNull();
});
