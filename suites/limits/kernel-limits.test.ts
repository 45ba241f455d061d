import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseKeyUsers, parseOpenFileLimits, parseSessionKeys } from './kernel-limits.ts';

const recorded = (what: string) => readFileSync(join(import.meta.dirname, 'fixtures', `debian-12-${what}.txt`), 'utf8');

it('hard limits of the daemon, a container and the user manager on Debian 12', () => {
  expect(parseOpenFileLimits(recorded('open-files'))).toEqual({
    daemon: 1_048_576,
    container: 1_048_576,
    manager: 1_048_576,
  });
});

it('the second number is the hard limit, and a process that is not there has none', () => {
  expect(parseOpenFileLimits('daemon   1024   4096   files \n')).toEqual({ daemon: 4096 });
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
