import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import { parseKeyUsers, parseOpenFileLimits, parseProcessCeilings, parseSessionKeys } from './kernel-limits.ts';

const recorded = (what: string) => readFileSync(join(import.meta.dirname, 'fixtures', `debian-12-${what}.txt`), 'utf8');

it('limits of the daemon, a container and the user manager on Debian 12', () => {
  const both = { soft: 1_048_576, hard: 1_048_576 };
  expect(parseOpenFileLimits(recorded('open-files'))).toEqual({ daemon: both, container: both, manager: both });
});

it('the first number is the soft limit, the second the hard one, and a process that is not there has none', () => {
  expect(parseOpenFileLimits('daemon   1024   4096   files \n')).toEqual({ daemon: { soft: 1024, hard: 4096 } });
  expect(parseOpenFileLimits('')).toEqual({});
});

it("the user's key quota, and nobody else's", () => {
  expect(parseKeyUsers(recorded('key-users'), 1001)).toMatchObject({ used: 5, max: 200 });
  expect(parseKeyUsers(recorded('key-users'), 0)).toMatchObject({ used: 20, max: 1_000_000 });
  expect(parseKeyUsers(recorded('key-users'), 1)).toBeNull();
});

it("a container's session key is the one with its id, owned by the user", () => {
  const id = '1424cd6cc1e198cac5888080e78da27d7fa6b7d535d4d31c94c3d1fe941c8888';
  expect(parseSessionKeys(recorded('keys'), 1001, id)).toBe(1);
  expect(parseSessionKeys(recorded('keys'), 1000, id)).toBe(0);
  expect(parseSessionKeys(recorded('keys'), 1001, 'f'.repeat(64))).toBe(0);
});

describe("processes that a container's cgroups allow", () => {
  const manager = '/user.slice/user-1001.slice/user@1001.service';
  const lines = (scope: string, slice: string, user: string) =>
    `most 15622\npids ${manager}/user.slice/docker-1f.scope ${scope}\npids ${manager}/user.slice ${slice}\npids ${manager} max\npids /user.slice/user-1001.slice ${user}\npids /user.slice max\n`;

  it("systemd's own limits are none", () => {
    expect(parseProcessCeilings(lines('2343', 'max', '5155'))).toEqual([]);
    expect(parseProcessCeilings(lines('max', 'max', 'max'))).toEqual([]);
  });

  it.each([
    ['40', 'max', '5155', `${manager}/user.slice/docker-1f.scope: 40 of 15622`],
    ['max', '4000', '5155', `${manager}/user.slice: 4000 of 15622`],
    ['max', 'max', '300', '/user.slice/user-1001.slice: 300 of 15622'],
  ])('%s, %s and %s', (scope, slice, user, tight) => {
    expect(parseProcessCeilings(lines(scope, slice, user))).toEqual([tight]);
  });

  it('a kernel without the pids controller on this hierarchy limits nothing there', () => {
    const uncounted = `most 15622\npids ${manager} uncounted\npids /user.slice uncounted\n`;
    expect(parseProcessCeilings(uncounted)).toEqual([]);
    expect(parseProcessCeilings(`${uncounted}elsewhere /\n`)).toEqual([]);
    // one that has it elsewhere may limit it there
    expect(parseProcessCeilings(`${uncounted}elsewhere /lxc/one\n`)).toBeNull();
    // a user manager that is given none, below a slice that counts
    expect(parseProcessCeilings(`most 15622\npids ${manager} uncounted\npids /user.slice 300\n`)).toEqual([
      '/user.slice: 300 of 15622',
    ]);
  });

  it('nothing read is no answer', () => {
    expect(parseProcessCeilings('most 15622\npids /a max\npids /b \n')).toBeNull();
    expect(parseProcessCeilings('most 15622\npids / \n')).toBeNull();
    expect(parseProcessCeilings('most \npids /a max\n')).toBeNull();
  });
});
