import { execFileSync } from 'node:child_process';
import { expect, test as it } from 'vitest';
import { writeTar } from './tar.ts';

const list = (tar: Buffer, ...args: string[]) =>
  execFileSync('tar', [...args, '-tvf', '-', '--numeric-owner', '--utc'], { input: tar }).toString();

it('entries have the owner asked for, else 0', async () => {
  const lines = list(
    await writeTar([
      { path: 'd', mode: 0o700, owner: 1001 },
      { path: 'd/f', mode: 0o644, content: 'x', owner: 65_537 },
      { path: 'e', mode: 0o644, content: '' },
      { path: 'g', mode: 0o644, content: 'xy', owner: 1_879_048_192 },
    ]),
  );
  expect(lines.match(/\d+\/\d+ +\d+/g)).toEqual([
    '1001/1001         0',
    '65537/65537       1',
    '0/0               0',
    '1879048192/1879048192 2',
  ]);
});

it('extended attributes stand before their file, bytes as they are', async () => {
  const value = Buffer.from([1, 0, 0, 2, 0, 10]);
  const tar = await writeTar([{ path: 'f', mode: 0o755, content: 'text', xattrs: { 'security.capability': value } }]);
  // the star: there are attributes
  expect(list(tar, '--xattrs', '--xattrs-include=*')).toMatch(/^-rwxr-xr-x\* .* f\n$/);
  expect(
    tar.includes(Buffer.concat([Buffer.from('43 SCHILY.xattr.security.capability='), value, Buffer.from('\n')])),
  ).toBe(true);
  expect(execFileSync('tar', ['-xOf', '-', 'f'], { input: tar }).toString()).toBe('text');
});

it('an attribute that would not arrive as it is is refused', async () => {
  const xattrs = { 'user.x': Buffer.from([0x80]) };
  await expect(writeTar([{ path: 'f', mode: 0o644, content: '', xattrs }])).rejects.toThrow(
    'user.x has bytes from 0x80 on',
  );
});

it('the same entries give the same bytes', async () => {
  const entries = [
    { path: 'd', mode: 0o1777 },
    { path: 'd/l', mode: 0o777, linkTo: 'f' },
  ];
  expect(await writeTar(entries)).toEqual(await writeTar(entries.toReversed()));
  expect(list(await writeTar(entries))).toMatch(/^drwxrwxrwt 0\/0 .* 1970-01-01 00:00 d\/\nlrwxrwxrwx .* d\/l -> f\n$/);
});
