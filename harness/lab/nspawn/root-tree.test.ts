import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import { ensureRootTree, rootTreeOf, whyNotUnpacked } from './root-tree.ts';

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'rdc-tree-')));
});

const canUnshare = () => {
  try {
    return process.getuid?.() === 0 && execFileSync('unshare', ['--mount', '--pid', '--fork', 'true']) !== undefined;
  } catch {
    return false;
  }
};

it.skipIf(!canUnshare())('a box that is none is named with the remedy, and leaves nothing', async () => {
  const box = join(mkdtempSync(join(tmpdir(), 'rdc-box-')), 'debian-13-amd64-0123456789ab.box');
  writeFileSync(box, 'a page of a proxy');
  const stages: string[] = [];
  const unpacked = ensureRootTree(box, (text) => void stages.push(text));
  await expect(unpacked).rejects.toMatchObject({
    message: expect.stringMatching(/^\[BOX\] .*\.box: not a box with a disk: tar: /),
    hint: `rm ${box}   # the next run builds it anew`,
  });
  expect(stages).toEqual(['unpacking the box (once)']);
  expect(existsSync(rootTreeOf(box))).toBe(false);
  expect(readdirSync(dirname(rootTreeOf(box))).filter((name) => !name.endsWith('.lock'))).toEqual([]);
});

const failed = new RdcError('BOX', 'not unpacked', { hint: 'the log' });

it.each([
  ['cp: error writing /x: No space left on device', /no room in the cache/, /df -h/],
  ['tar: box.img: Wrote only 512 of 10240 bytes\ntar: Error is not recoverable', /no room in the cache/, /df -h/],
  ['mount: /x: failed to setup loop device for /y.', /no free loop device/, /modprobe loop/],
  ['qemu-img: Could not open /x: Image is corrupt', /not a box with a disk: qemu-img: Could not open/, /^rm \/b\.box/],
])('%s', (said, message, hint) => {
  const error = whyNotUnpacked(failed, '/b.box', said);
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
});

it('what nobody foresaw stays as it is, with its log', () => {
  expect(whyNotUnpacked(failed, '/b.box', 'sh: 1: oh')).toBe(failed);
});
