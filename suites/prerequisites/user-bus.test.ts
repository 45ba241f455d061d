import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseUserBus } from './user-bus.ts';

it('the bus of Debian 12', () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', 'debian-12-user-bus.txt'), 'utf8');
  expect(parseUserBus(text)).toEqual({
    socket: 'socket 1001',
    owner: 1001,
    cgroup: expect.stringMatching(/^\/user\.slice\/user-1001\.slice\/user@1001\.service\/app\.slice\/rdc-\d+\.scope$/),
  });
});

it('no bus', () => {
  const text = 'socket \nowner \ncgroup /user.slice/user-1001.slice/session-7.scope\n';
  expect(parseUserBus(text)).toEqual({
    socket: null,
    owner: null,
    cgroup: '/user.slice/user-1001.slice/session-7.scope',
  });
  expect(parseUserBus('socket socket 1001\nowner \n')).toEqual({ socket: 'socket 1001', owner: null, cgroup: null });
});
