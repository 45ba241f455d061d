import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { findMount, mountAt, optionValue, parseMountInfo } from './mount-table.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}-mountinfo.txt`), 'utf8');
const recorded = fixture('debian-12');

it("a container's root is an overlay with userxattr, and its upper directory lies in the data root", () => {
  const root = mountAt(parseMountInfo(recorded), '/');
  expect(root).toMatchObject({ type: 'overlay', options: ['rw', 'relatime'] });
  expect(root.superOptions).toContain('userxattr');
  expect(optionValue(root.superOptions, 'upperdir')).toMatch(/^\/home\/tester\/\.local\/share\/docker\/.*\/diff$/);
  expect(optionValue(root.superOptions, 'metacopy')).toBeNull();
});

it("a mount's own options are not those of its file system", () => {
  const mount = mountAt(parseMountInfo(recorded), '/readonly');
  expect(mount.options).toEqual(['ro', 'nosuid', 'nodev', 'noexec', 'relatime']);
  expect(mount.superOptions).toContain('rw');
});

it('optional fields are skipped, the last mount covers those before', () => {
  const lines = [
    '36 35 98:0 / /mnt rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue',
    '37 35 0:44 / /mnt ro - tmpfs - rw',
    'no mount',
  ];
  const mounts = parseMountInfo(lines.join('\n'));
  expect(mounts.map(({ type }) => type)).toEqual(['ext3', 'tmpfs']);
  expect(mountAt(mounts, '/mnt')).toEqual({ point: '/mnt', options: ['ro'], type: 'tmpfs', superOptions: ['rw'] });
  expect(findMount(mounts, '/absent')).toBeUndefined();
  expect(() => mountAt(mounts, '/absent')).toThrow('the mount at /absent of the container');
});

it.each([
  ['/proc', 'proc', 'rw'],
  ['/proc/sys', 'proc', 'ro'],
  // a line with an optional field ("master:2")
  ['/proc/keys', 'devtmpfs', 'rw'],
  ['/sys/firmware', 'tmpfs', 'ro'],
])('a container on Debian 13 has at %s a %s, %s', (point, type, flag) => {
  expect(findMount(parseMountInfo(fixture('debian-13')), point)).toMatchObject({
    type,
    options: expect.arrayContaining([flag]),
  });
});
