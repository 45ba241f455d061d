import { execFileSync } from 'node:child_process';
import { expect, test as it } from 'vitest';
import { writeTar } from './tar.ts';

const list = (tar: Buffer, ...args: string[]) =>
  execFileSync('tar', [...args, '-tvf', '-', '--numeric-owner', '--utc'], { input: tar }).toString();

it('entries have the owner asked for, else 0', () => {
  const lines = list(
    writeTar([
      { path: 'd', mode: 0o700, owner: 1001 },
      { path: 'd/f', mode: 0o644, content: 'x', owner: 65_537 },
      { path: 'e', mode: 0o644, content: '' },
    ]),
  );
  expect(lines.match(/\d+\/\d+ +\d+/g)).toEqual(['1001/1001         0', '65537/65537       1', '0/0               0']);
});

it('extended attributes stand before their file, bytes as they are', () => {
  const value = Buffer.from([1, 0, 0, 2, 0, 10]);
  const tar = writeTar([{ path: 'f', mode: 0o755, content: 'text', xattrs: { 'security.capability': value } }]);
  // the star: there are attributes
  expect(list(tar, '--xattrs', '--xattrs-include=*')).toMatch(/^-rwxr-xr-x\* .* f\n$/);
  expect(
    tar.includes(Buffer.concat([Buffer.from('43 SCHILY.xattr.security.capability='), value, Buffer.from('\n')])),
  ).toBe(true);
  expect(execFileSync('tar', ['-xOf', '-', 'f'], { input: tar }).toString()).toBe('text');
});
