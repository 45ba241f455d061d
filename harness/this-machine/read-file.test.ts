import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { readRegularFile } from './read-file.ts';

const root = mkdtempSync(join(tmpdir(), 'rdc-file-'));

it('reads a file as far as it is allowed to', () => {
  writeFileSync(join(root, 'file'), 'four');
  expect(readRegularFile(join(root, 'file'), 4).toString()).toBe('four');
  expect(() => readRegularFile(join(root, 'file'), 3)).toThrow(/^4 bytes, the limit is 3$/);
});

it('waits for nothing: a pipe, a socket, a device, a folder and what is not there are refused at once', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
  for (const file of [join(root, 'pipe'), join(root, 'socket'), '/dev/zero', '/dev/tty'])
    expect(() => readRegularFile(file, 100), file).toThrow(/^not a regular file$/);
  server.close();
  expect(() => readRegularFile(root, 100)).toThrow(/^a folder$/);
  expect(() => readRegularFile(join(root, 'none'), 100)).toThrow(/^ENOENT: no such file or directory$/);
  expect(() => readRegularFile(join(root, 'file/x'), 100)).toThrow(/^ENOTDIR: not a directory$/);
});
