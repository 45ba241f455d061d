import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test as it, vi } from 'vitest';
import { parseWords } from '../options/command-line.ts';
import { declareRunning } from '../options/options.ts';
import { resolveTargetsOf } from './target-names.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-target-'));
const image = join(folder, 'My Release_14.daily.qcow2');
beforeEach(() => vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache')));
afterAll(() => rmSync(folder, { recursive: true }));

const header = Buffer.alloc(512);
header.write('QFI\xfb', 'latin1');
header.writeUInt32BE(3, 4);
header.writeBigUInt64BE(1n << 30n, 24);
writeFileSync(image, header);
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);

const resolve = (...words: string[]) => {
  const { options, args } = parseWords(declareRunning('run', '').argument('[targets...]'), words);
  return resolveTargetsOf(args[0], options);
};
const digest = '6f2b2d5b0ba0aa2d0ba6a2cbf19e5b5bf1ad5f3e21d6c5f4e7d0c9a1b2c3d4e5';

it('a file becomes a machine that is named for it, not verified, with the recipe that was asked for', async () => {
  const [target] = await resolve('--image', image, '--recipe', 'debian');
  expect(target).toMatchObject({
    kind: 'machine',
    name: 'image-my-release-14-daily',
    machine: {
      box: { image: `file://${folder}/My%20Release_14.daily.qcow2`, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      provision: { channel: 'distro', recipe: 'rootless-debian' },
      verified: false,
    },
  });
});

it('TARGET is its name; an entry of machines.json lends it its recipe', async () => {
  expect(await resolve('nightly', '--image', image, '--recipe', 'debian')).toMatchObject([{ name: 'nightly' }]);
  expect(await resolve('fedora-44', '--image', image)).toMatchObject([
    {
      name: 'fedora-44',
      machine: { provision: { recipe: 'rootless-fedora' }, box: { image: expect.stringMatching(/^file:/) } },
    },
  ]);
});

it.each<[string[], string]>([
  [['--image', image], '[USAGE] --recipe is missing; allowed: alpine, arch, debian,'],
  [['--image', image, '--recipe', '../x'], '[USAGE] unknown recipe "../x"; allowed: alpine'],
  [['--image', image, '--recipe', 'steps'], 'unknown recipe "steps"'],
  [['a', 'b', '--image', image, '--recipe', 'debian'], '[USAGE] --image makes one machine (got: a b)'],
  [['A_b', '--image', image, '--recipe', 'debian'], '"A_b" is not a valid machine name'],
  [['debian-13', '--image', image, '--recipe', 'debian'], 'debian-13 is another machine of vms/machines.json'],
  [['--recipe', 'debian'], '[USAGE] --recipe needs --image FILE'],
  [['--sha256', digest], '[USAGE] --sha256 needs --image FILE'],
  [['--image', image, '--recipe', 'debian', '--sha256', 'abc'], '[USAGE] --sha256 is "abc"; allowed: 64 hex'],
  [['--image', image, '--recipe', 'debian', '--sha256', digest], `: expected ${digest} (--sha256), got `],
  [['--image', join(folder, 'gone'), '--recipe', 'debian'], 'gone cannot be read: ENOENT'],
  [['--image', folder, '--recipe', 'debian'], 'is not a file'],
  [['--image', pipe, '--recipe', 'debian'], 'is not a file'],
])('%j is refused', async (words, message) => {
  await expect(async () => await resolve(...words)).rejects.toThrow(message);
});
