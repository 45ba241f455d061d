import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test as it, vi } from 'vitest';
import { diskState } from '../lab/cleanup/disk-usage.ts';
import { cachePath } from './paths.ts';

const root = mkdtempSync(join(tmpdir(), 'rdc-cache-'));
writeFileSync(join(root, 'file'), '');
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

it('a path of the cache has its folder, for the user alone', () => {
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'));
  const path = cachePath('runs', 'one.json');
  expect(path).toBe(join(root, 'cache/rdc/runs/one.json'));
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

it('a cache that cannot be is one message with exit code 2, and takes no room', () => {
  for (const place of ['/proc/none', join(root, 'file')]) {
    vi.stubEnv('XDG_CACHE_HOME', place);
    const refused = expect.objectContaining({ exitCode: 2, hint: expect.stringContaining('XDG_CACHE_HOME') });
    expect(() => cachePath('runs', 'one.json'), place).toThrow(refused);
    expect(diskState().cacheBytes, place).toBe(0);
  }
});
