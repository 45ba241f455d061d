import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Headers, pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test as it, vi } from 'vitest';
import { errorCodes, RdcError } from '../../harness/messages/errors.ts';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { bundleLimits } from './manifest.ts';
import { readBundle, withRuns } from './open-bundle.ts';
import { sealOf } from './seal.ts';

// Somebody who knows the format can seal whatever they like: these archives are all sealed.

let folder = '';
const systemTemporary = tmpdir();
beforeEach(() => {
  folder = mkdtempSync(join(systemTemporary, 'rdc-hostile-'));
  process.env.TMPDIR = mkdtempSync(join(folder, 'tmp-'));
});
afterEach(() => {
  delete process.env.TMPDIR;
  rmSync(folder, { recursive: true, force: true });
});

type Item = { readonly path: string; readonly content?: string | Buffer; readonly header?: Partial<Headers> };

const results = JSON.stringify(resultsWith('t', [{ id: 'NS-UIDMAP', verdict: 'pass' }]));
const good: Item = { path: 't/results.json', content: results };

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

function manifestOf(items: readonly Item[], changes: object = {}): Item {
  const files = items.map(({ path, content = '' }) => ({ path, bytes: content.length, sha256: sha256(content) }));
  const suite = { version: '0.1.0', digest: 'sha256:0' };
  const manifest = { bundle: '1', suite, anonymous: false, targets: ['t'], files, ...changes };
  return { path: 'manifest.json', content: JSON.stringify(manifest) };
}

async function tarOf(items: readonly Item[]): Promise<Buffer> {
  const tar = pack();
  for (const { path, content = '', header } of items) {
    const type = header?.type ?? 'file';
    const entry = tar.entry({ name: path, size: content.length, mtime: new Date(0), ...header, type });
    if (type === 'file') entry.end(content);
    else entry.end();
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sealed(gzip: Buffer): string {
  const file = join(folder, 'x.tar.gz');
  writeFileSync(file, Buffer.concat([gzip, sealOf(sha256(gzip))]));
  return file;
}

const archive = async (...items: readonly Item[]) => sealed(gzipSync(await tarOf(items)));

/** A member that gzip makes a thousandth of. */
function bomb(bytes: number): Buffer {
  const mebibyte = gzipSync(Buffer.alloc(1024 * 1024));
  return Buffer.concat(Array<Buffer>(Math.ceil(bytes / (1024 * 1024))).fill(mebibyte));
}

async function refusalOf(file: string): Promise<string> {
  const work = withRuns([file], () => {
    throw new Error('it was accepted');
  });
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(RdcError);
  const { code, message } = error as RdcError;
  expect(errorCodes[code], 'exit code').toBe(2);
  expect(message.split('\n'), 'lines of the message').toHaveLength(1);
  expect(message, 'control characters').not.toMatch(/\p{Cc}/u);
  expect(readdirSync(process.env.TMPDIR ?? ''), 'what is left in the temporary directory').toEqual([]);
  return message;
}

it('the control: an archive made in the same way is read', async () => {
  await expect(readBundle(await archive(manifestOf([good]), good))).resolves.toMatchObject({
    manifest: { targets: ['t'] },
  });
});

it('a newer minor version is read, and what this one does not know is nowhere and said', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const newer = { bundle: '1.4', run: 'rm -rf', ['__proto__']: { polluted: true } };
  const { manifest } = await readBundle(await archive(manifestOf([good], newer), good));
  expect(Object.keys(manifest).sort()).toEqual(['anonymous', 'bundle', 'files', 'suite', 'targets']);
  expect(told.mock.calls).toEqual([
    ['note: manifest.json: ignored fields that version 1 does not have (the file is of 1.4): /run, /__proto__\n'],
  ]);
  told.mockRestore();
  // what a bundle may hold is not for a newer version to widen
  const outside = { ...good, path: '../results.json' };
  const file = await archive(manifestOf([outside], newer), outside);
  await expect(readBundle(file)).rejects.toThrow(/a bundle holds no/);
});

it.each([
  ['a path that leads out', '../outside.txt'],
  ['a path that leads out on the way', 't/evidence/../../../outside.txt'],
  ['an absolute path', '/tmp/rdc-outside.txt'],
  ['a path with a dot', 't/./results.json'],
  ['a path of another system', 't\\..\\outside.txt'],
  ['an empty part', 't//results.json'],
  ['a control character', 't/evidence/\u001b[2J.txt'],
  ['another target', 'u/results.json'],
  ['a file that no bundle holds', 't/.bashrc'],
  ['a file beside the targets', 'rdc'],
  ['a part that no file system takes', `t/evidence/${'n'.repeat(300)}`],
])('%s is refused', async (_, path) => {
  const item = { path, content: 'owned' };
  expect(await refusalOf(await archive(manifestOf([good, item]), good, item))).toMatch(/a bundle holds no/);
  // and where only the archive names it
  const listed = { ...item, path: 't/evidence/A.txt' };
  expect(await refusalOf(await archive(manifestOf([good, listed]), good, item))).toMatch(
    /stands where the manifest has t\/evidence\/A.txt|is not in the manifest/,
  );
  expect(existsSync('/tmp/rdc-outside.txt')).toBe(false);
});

it.each(['symlink', 'link', 'directory', 'fifo', 'character-device', 'block-device'] as const)(
  'a %s is refused',
  async (type) => {
    const item: Item = { path: 't/evidence/A.txt', header: { type, size: 0, linkname: '/etc/passwd' } };
    expect(await refusalOf(await archive(manifestOf([good, item]), good, item))).toMatch(/not a file/);
  },
);

it.each<[string, () => Promise<string>, RegExp]>([
  ['a name that is there twice', () => archive(manifestOf([good, good]), good, good), /is there twice/],
  [
    'two names that some file systems take for one',
    () => {
      const twins = ['a', 'A'].map((name) => ({ path: `t/evidence/${name}.txt`, content: 'x' }));
      return archive(manifestOf([good, ...twins]), good, ...twins);
    },
    /is there twice/,
  ],
  ['a file more than the manifest has', () => archive(manifestOf([good]), good, good), /is not in the manifest/],
  [
    'a file less',
    () => archive(manifestOf([good, { path: 't/console.log' }]), good),
    /in the manifest and not in the archive/,
  ],
  [
    'another content',
    () => archive(manifestOf([{ ...good, content: results.replace('pass', 'fail') }]), good),
    /does not have the digest/,
  ],
  [
    'another size',
    () => archive(manifestOf([{ ...good, content: `${results} ` }]), good),
    /bytes stands where the manifest has/,
  ],
  ['no manifest', () => archive(good), /begins with "t\/results.json" and not with manifest.json/],
  [
    'a manifest that is a link',
    () => archive({ path: 'manifest.json', header: { type: 'symlink', size: 0, linkname: 'x' } }),
    /begins with/,
  ],
  [
    'a manifest that is not JSON',
    () => archive({ path: 'manifest.json', content: '{"bundle"' }),
    /manifest is not JSON/,
  ],
  [
    'a later version',
    () => archive(manifestOf([good], { bundle: '2' }), good),
    /manifest is not of version 1: \/bundle/,
  ],
  [
    'a target without results',
    () => archive(manifestOf([good], { targets: ['t', 'u'] }), good),
    /u has no results.json/,
  ],
  [
    'a target that leads out',
    () => archive(manifestOf([good], { targets: ['..'] }), good),
    /manifest is not of version 1: \/targets\/0/,
  ],
  [
    'results of another suite than the manifest says',
    () => archive(manifestOf([good], { suite: { version: '0.1.0', digest: 'sha256:f' } }), good),
    /of another suite than the manifest says/,
  ],
  [
    'results that claim more than their checks',
    () => {
      const item = { ...good, content: results.replace('"verdict":"pass"', '"verdict":"error"') };
      return archive(manifestOf([item]), item);
    },
    /t\/results.json: not a results file of schema 1: \/ledger\/pass/,
  ],
  [
    'results of an old schema',
    () => {
      const item = { ...good, content: results.replace(/"schema":"[^"]*"/, '"schema":"0"') };
      return archive(manifestOf([item]), item);
    },
    /\/schema: expected 1 or 1.N; .*, got "0"/,
  ],
  ['nothing at all', async () => sealed(gzipSync('')), /it is empty/],
  ['no archive', async () => sealed(gzipSync('x'.repeat(2_000))), /Invalid tar header/],
  ['no gzip', async () => sealed(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(500, 7)])), /refused/],
  [
    'an archive cut off inside',
    async () => sealed(gzipSync((await tarOf([manifestOf([good]), good])).subarray(0, 1_300))),
    /refused: Unexpected end/,
  ],
  ['zeros without end', async () => sealed(bomb(64 * 1024 * 1024)), /archive headers without end/],
])('%s is refused', async (_, make, message) => {
  expect(await refusalOf(await make())).toMatch(message);
});

it('more than a file may hold is refused before it is read, whoever claims it', async () => {
  const bytes = bundleLimits.fileBytes + 1;
  const huge = { path: 't/console.log', bytes, sha256: '0'.repeat(64) };
  const files = [{ path: good.path, bytes: results.length, sha256: sha256(results) }, huge];
  expect(await refusalOf(await archive(manifestOf([], { files }), good))).toMatch(
    /manifest is not of version 1: \/files\/1\/bytes/,
  );
  const many = Array.from({ length: 100 }, (_, n) => ({ ...huge, bytes: bytes - 1, path: `t/evidence/${n}.txt` }));
  expect(await refusalOf(await archive(manifestOf([], { files: [...files.slice(0, 1), ...many] }), good))).toMatch(
    /the limit is 2147483648/,
  );
});

it('a header that asks for gigabytes gets a mebibyte', async () => {
  // a pax header is kept in memory as a whole until it ends
  const tar = await tarOf([{ path: 'x', header: { type: 'pax-header' } }]);
  const header = Buffer.from(tar.subarray(0, 512));
  header.write('77777777777', 124, 'latin1');
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  const before = process.memoryUsage().rss;
  const message = await refusalOf(sealed(Buffer.concat([gzipSync(header), bomb(512 * 1024 * 1024)])));
  expect(message).toMatch(/archive headers without end/);
  expect(process.memoryUsage().rss - before, 'memory that it took').toBeLessThan(200 * 1024 * 1024);
});

it('a size that is no size ends', async () => {
  const header = { pax: { size: '-5' } } as Partial<Headers>;
  expect(await refusalOf(await archive({ ...manifestOf([good]), header }, good))).toMatch(/refused/);
});
