import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it, vi } from 'vitest';
import { explainFullDisk, refuseOccupied, requireFolder, temporaryFolder, unwritableError } from './writable-path.ts';

const root = mkdtempSync(join(tmpdir(), 'rdc-place-'));
writeFileSync(join(root, 'file'), '');

it('a folder is made, and nothing is left in it', () => {
  requireFolder(join(root, 'a/b'), 'x');
  expect(readdirSync(join(root, 'a/b'))).toEqual([]);
});

it.each([
  ['/proc', 'ENOENT: no such file or directory'],
  ['/proc/rdc/x', 'ENOENT: no such file or directory'],
  [join(root, 'file'), 'EEXIST: file already exists'],
  [join(root, 'file/x'), 'ENOTDIR: not a directory'],
])('a run in %s ends with 2: what, where, why and a hint', (folder, why) => {
  const refused = expect.objectContaining({
    code: 'INPUT',
    exitCode: 2,
    message: `[INPUT] cannot write ${folder}: ${why}`,
    hint: '--out DIR',
  });
  expect(() => requireFolder(folder, '--out DIR')).toThrow(refused);
});

it('a file may be there, or a link to one, and nothing else', () => {
  mkdirSync(join(root, 'folder'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync('file', join(root, 'link'));
  symlinkSync('/dev/null', join(root, 'device'));
  for (const name of ['file', 'link', 'none', 'file/below'])
    expect(() => refuseOccupied(join(root, name), 'x'), name).not.toThrow();
  expect(() => refuseOccupied(join(root, 'folder'), 'x')).toThrow(/cannot write .*folder: it is a folder/);
  for (const name of ['pipe', 'device'])
    expect(() => refuseOccupied(join(root, name), 'x'), name).toThrow(/it is not a regular file/);
  expect(existsSync('/dev/null')).toBe(true);
});

it('a full disk is nothing that another name mends', () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write '/x/.y.1.tmp'"), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  expect(unwritableError('/x/y', full, '--out DIR')).toMatchObject({
    exitCode: 3,
    message: '[REPORT] cannot write /x/y: ENOSPC: no space left on device',
    hint: 'df -h /x',
  });
});

it('a folder for temporary files that there cannot be is said, with what names another one', () => {
  expect(temporaryFolder('rdc-x-')).toMatch(/\/rdc-x-\w{6}$/);
  vi.stubEnv('TMPDIR', join(root, 'none'));
  try {
    expect(() => temporaryFolder('rdc-x-')).toThrow(
      expect.objectContaining({ exitCode: 2, hint: expect.stringContaining('TMPDIR=DIR') }),
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

it('a full disk is told in words wherever it strikes; what else was thrown stays what it is', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  expect(explainFullDisk(full)).toMatchObject({
    code: 'REPORT',
    message: '[REPORT] a disk of this host cannot be written: ENOSPC: no space left on device',
  });
  const other = new Error('x');
  expect(explainFullDisk(other)).toBe(other);
});
