import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { mountAt } from './mounts.ts';

const mountinfo = readFileSync(
  join(import.meta.dirname, '../instruments/kernel/fixtures/debian-13-mountinfo.txt'),
  'utf8',
);

it.each([
  ['/proc', { type: 'proc', isReadOnly: false }],
  ['/proc/sys', { type: 'proc', isReadOnly: true }],
  // a line with an optional field ("master:2")
  ['/proc/keys', { type: 'devtmpfs', isReadOnly: false }],
  ['/sys/firmware', { type: 'tmpfs', isReadOnly: true }],
  ['/proc/sy', null],
])('a container on Debian 13 has at %s %j', (path, mount) => {
  expect(mountAt(mountinfo, path)).toEqual(mount);
});

it('the last mount at a path is the one that is seen', () => {
  const over = '300 259 0:56 / /proc/sys rw,relatime - tmpfs tmpfs rw\n';
  expect(mountAt(mountinfo + over, '/proc/sys')).toEqual({ type: 'tmpfs', isReadOnly: false });
});
