import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { command as cleanCommand } from './clean.ts';

let cache: string;
let printed: string;

beforeEach(() => {
  vi.restoreAllMocks();
  const home = mkdtempSync(join(tmpdir(), 'rdc-clean-cli-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
  vi.stubEnv('RDC_LAB', 'hermetic');
  cache = join(home, 'rdc');
  mkdirSync(join(cache, 'boxes'), { recursive: true });
  writeFileSync(join(cache, 'boxes', 'debian-13-amd64-aaaaaaaaaaaa.box'), 'x'.repeat(8_000));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});

it.each([
  [['--older-than', 'soon'], '--older-than is "soon"; allowed: a number of days from 0 on'],
  [['--older-than', '-1'], '[USAGE]'],
  [['debian-13'], 'rdc clean takes no arguments (got: debian-13)'],
  [['--everything'], "unknown option '--everything'"],
])('%j is refused before anything is looked at', async (words, message) => {
  await expect(cleanCommand.run(words)).rejects.toThrow(message);
});

it('a dry run says what would go and why, with sizes, and what is kept', async () => {
  expect(await cleanCommand.run(['--dry-run'])).toBe(0);
  expect(printed).toContain('kept:\n  box debian-13-amd64-aaaaaaaaaaaa');
  expect(printed).toMatch(/ 8 KiB {2}made less than an hour ago\n/);
  expect(printed).toMatch(/would free \d.* \(--dry-run: nothing was removed\)\n/);
  expect(printed).toMatch(/the cache holds .* free on its disk\n/);
});

it('the same as JSON', async () => {
  await cleanCommand.run(['--dry-run', '--json']);
  expect(JSON.parse(printed)).toMatchObject({
    dryRun: true,
    kept: expect.arrayContaining([expect.objectContaining({ kind: 'box', bytes: 8_192 })]),
    freedBytes: 0,
    failed: [],
  });
});
