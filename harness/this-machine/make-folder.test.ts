import { existsSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { makeFolder } from './writable-path.ts';

const root = mkdtempSync(join(tmpdir(), 'rdc-folder-'));

it('makes all that is missing, with the mode, and is content with what is there', () => {
  const path = join(root, 'a/b/c');
  for (const _ of ['once', 'again']) makeFolder(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  symlinkSync(path, join(root, 'link'));
  makeFolder(join(root, 'link/d'));
  expect(existsSync(join(path, 'd'))).toBe(true);
});

it('ends, and says why, where none can be made: /proc, a file in the way, a link to nowhere', () => {
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
  expect(() => makeFolder('/proc/rdc/x')).toThrow('ENOENT');
  expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST');
  expect(() => makeFolder(join(root, 'file/x'))).toThrow('ENOTDIR');
  expect(() => makeFolder(join(root, 'dangling'))).toThrow('EEXIST');
  expect(() => makeFolder(join(root, 'dangling/x'))).toThrow('EEXIST');
});
