import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseStateDirectory, readFiles } from './state-directory.ts';

it.each([
  [
    'before 29.5',
    'child 4326\nparent 4308\nlock 4308\n',
    { child: 4326, parentOfChild: 4308, lockHolder: 4308, netns: null },
  ],
  [
    'with a network namespace of its own for containers',
    'child 4326\nparent 4308\nlock 4308\nnetns nsfs\n',
    { child: 4326, parentOfChild: 4308, lockHolder: 4308, netns: 'nsfs' },
  ],
  ['a child that is gone', 'child 4326\n', { child: 4326, parentOfChild: null, lockHolder: null, netns: null }],
  ['an empty directory', '', { child: null, parentOfChild: null, lockHolder: null, netns: null }],
])('%s', (_, text, state) => {
  expect(parseStateDirectory(text)).toEqual(state);
});

it("the network namespace is a mount of the child's, which nobody else sees", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-'));
  writeFileSync(join(folder, 'netns'), '');
  const mount = 'mount --bind /proc/self/ns/net "$0/netns" && echo mounted && exec sleep 60';
  const child = spawn('unshare', ['-Urnm', 'sh', '-c', mount, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    writeFileSync(join(folder, 'child_pid'), String(child.pid));
    const { stdout } = spawnSync('sh', ['-c', readFiles(folder)], { encoding: 'utf8' });
    expect(parseStateDirectory(stdout)).toMatchObject({
      child: child.pid,
      parentOfChild: process.pid,
      netns: 'nsfs',
    });
  } finally {
    child.kill('SIGKILL');
  }
});
