import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { RdcError } from '../../harness/messages/errors.ts';
import { readRun } from '../results/read-results.ts';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { runFolderOf } from '../synthetic-runs/run-on-disk.ts';
import { createBundle } from './create-bundle.ts';
import { isBundle, keepRun, readBundle, withRuns } from './open-bundle.ts';
import { checkSeal } from './seal.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-bundles-'));
});

const uidMap = { id: 'NS-UIDMAP', verdict: 'pass', evidence: 'evidence/NS-UIDMAP.txt' } as const;
const red = { id: 'CG-MEM', verdict: 'fail', reason: 'memory: expected a limit' } as const;

function writtenRun(): string {
  return runFolderOf(
    [
      resultsWith('debian-13', [uidMap]),
      { 'evidence/NS-UIDMAP.txt': '$ cat uid_map\n0 1001 1\n', 'console.log': 'boot\r\n' },
    ],
    [resultsWith('debian-12', [uidMap, red]), { 'junit.xml': '<x/>', 'allure-results/a-result.json': '{}' }],
  );
}

async function packed(name = 'run.tar.gz', run = writtenRun()): Promise<string> {
  const out = join(folder, name);
  await createBundle(run, { out });
  return out;
}

it('an archive that cannot be written is one error, whatever waits to be put into it', async () => {
  const long = { 'console.log': 'boot\r\n'.repeat(100_000) };
  const run = runFolderOf(...['a', 'b', 'c'].map((name) => [resultsWith(name, [red]), long] as const));
  await expect(packed('nowhere/run.tar.gz', run)).rejects.toMatchObject({ code: 'INPUT' });
  expect(readdirSync(folder)).toEqual([]);
});

it('a bundle reads as the run that was packed, evidence and consoles with it', async () => {
  const run = writtenRun();
  const file = await packed('run.tar.gz', run);
  const expected = readRun(run).map(({ results }) => results);
  const [unpacked] = await withRuns([file], ([path = '']) => {
    expect(readRun(path).map(({ results }) => results)).toEqual(expected);
    expect(readFileSync(join(path, 'debian-13/evidence/NS-UIDMAP.txt'), 'utf8')).toContain('0 1001 1');
    expect(readFileSync(join(path, 'debian-13/console.log'), 'utf8')).toBe('boot\r\n');
    // what is made from the results is made again
    expect(readdirSync(join(path, 'debian-12'))).toEqual(['results.json']);
    return [path];
  });
  expect(existsSync(unpacked ?? ''), 'what was unpacked is still there').toBe(false);
});

it('the manifest has the digest of the suite and of each file, as sha256sum has it', async () => {
  const files = new Map<string, string>();
  const { manifest } = await readBundle(await packed(), (path, content) => {
    files.set(path, createHash('sha256').update(content).digest('hex'));
  });
  expect(manifest.suite).toEqual({ version: '0.1.0', digest: 'sha256:0' });
  expect(manifest.targets).toEqual(['debian-12', 'debian-13']);
  expect(manifest.files.map(({ path, sha256 }) => [path, sha256])).toEqual([...files]);
  expect([...files.keys()]).toEqual([
    'debian-12/results.json',
    'debian-13/console.log',
    'debian-13/evidence/NS-UIDMAP.txt',
    'debian-13/results.json',
  ]);
});

it('the same run gives the same bytes, whenever and to wherever it is packed', async () => {
  const run = writtenRun();
  const first = readFileSync(await packed('first.tar.gz', run));
  utimesSync(join(run, 'debian-13/results.json'), 1, 1);
  expect(readFileSync(await packed('second.tar.gz', run)).equals(first)).toBe(true);
});

it('tar and gzip read it', async () => {
  const file = await packed();
  expect(execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n')).toContain(
    'debian-13/results.json',
  );
  execFileSync('gzip', ['-t', file]);
  expect(execFileSync('tar', ['-tvzf', file, '--numeric-owner', '--utc'], { encoding: 'utf8' })).toMatch(
    /^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00 manifest.json$/m,
  );
});

it('every changed byte shows', async () => {
  const file = await packed();
  const bytes = readFileSync(file);
  const other = join(folder, 'changed.tar.gz');
  const unseen: number[] = [];
  // all of what no digest of a file covers, and every seventh byte between
  const tried = [...bytes.keys()].filter((at) => at < 64 || at > bytes.length - 128 || at % 7 === 0);
  for (const at of tried) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8((bytes[at] ?? 0) ^ 1, at);
    writeFileSync(other, changed);
    await checkSeal(other).then(
      () => unseen.push(at),
      () => undefined,
    );
  }
  expect(unseen).toEqual([]);
  expect(bytes.length).toBeGreaterThan(500);
});

it.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, -1)],
  ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ['nearly empty', (bytes: Buffer) => bytes.subarray(0, 3)],
  ['with something behind it', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
  ['twice in a row', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
])('%s is refused with one message', async (_, change) => {
  const file = await packed();
  writeFileSync(file, change(readFileSync(file)));
  await expect(readBundle(file)).rejects.toThrow(
    /^\[INPUT\] .*run.tar.gz: not a bundle of rdc, or it was changed or cut off/,
  );
});

it('packed anew by gzip it is no bundle: it has no seal', async () => {
  const file = await packed();
  const tar = execFileSync('gzip', ['-dc', file]);
  writeFileSync(join(folder, 'plain.tar'), tar);
  expect(isBundle(join(folder, 'plain.tar'))).toBe(false);
  execFileSync('gzip', ['-n', join(folder, 'plain.tar')]);
  await expect(readBundle(join(folder, 'plain.tar.gz'))).rejects.toThrow(/\[INPUT\] .*not a bundle of rdc/);
});

it('a symbolic link among the evidence is refused, and nothing is written', async () => {
  const run = writtenRun();
  symlinkSync('/etc/passwd', join(run, 'debian-13/evidence/link.txt'));
  await expect(createBundle(run, { out: join(folder, 'x.tar.gz') })).rejects.toThrow(/link.txt: not a regular file/);
  expect(readdirSync(folder)).toEqual([]);
});

it('a results file by another name takes only the evidence that it names', async () => {
  const run = writtenRun();
  const from = join(run, 'debian-13');
  writeFileSync(join(from, 'evidence/private.txt'), 'not named');
  writeFileSync(join(from, 'mine.json'), readFileSync(join(from, 'results.json')));
  const { manifest } = await createBundle(join(from, 'mine.json'), { out: join(folder, 'x.tar.gz') });
  expect(manifest.files.map(({ path }) => path)).toEqual([
    'debian-13/evidence/NS-UIDMAP.txt',
    'debian-13/results.json',
  ]);
});

it('two suites make no bundle', async () => {
  const foreign = { ...resultsWith('debian-12', [uidMap]), suite: { version: '0.1.0', digest: 'sha256:1' } };
  const run = runFolderOf([resultsWith('debian-13', [uidMap])], [foreign]);
  await expect(createBundle(run, { out: join(folder, 'x.tar.gz') })).rejects.toThrow(
    /results of two suites, sha256:1 and sha256:0/,
  );
});

it('an archive that cannot be written leaves what was there', async () => {
  const file = await packed();
  const before = readFileSync(file);
  await expect(createBundle('/nonexistent', { out: file })).rejects.toThrow(/\[INPUT\]/);
  await expect(createBundle(writtenRun(), { out: join(folder, 'no/such/x.tar.gz') })).rejects.toThrow(
    /\[INPUT\] cannot write .*x\.tar\.gz: ENOENT: no such file or directory$/,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual(['run.tar.gz']);
});

it('an archive is not replaced where its signature has no place', async () => {
  const file = await packed();
  const before = readFileSync(file);
  mkdirSync(`${file}.sig`);
  await expect(packed('run.tar.gz', runFolderOf([resultsWith('b', [red])]))).rejects.toThrow(/\.sig: it is a folder/);
  expect(readFileSync(file).equals(before)).toBe(true);
});

it('what is wrong inside of a bundle is said of the bundle, not of where it was unpacked', async () => {
  const file = await packed();
  const refused = withRuns([file], ([path]) => {
    throw new RdcError('USAGE', `${path}: 2 targets`, { hint: `./rdc export ${path}/debian-12` });
  });
  await expect(refused).rejects.toMatchObject({
    message: `[USAGE] ${file}: 2 targets`,
    hint: `unpack it: ./rdc merge ${file} --out DIR`,
  });
});

it('a report keeps what it unpacks, by the digest of the bundle', async () => {
  const file = await packed();
  const first = await keepRun(file, join(folder, 'out'));
  appendFileSync(join(first, 'debian-13/results.json'), 'spoiled');
  expect(await keepRun(file, join(folder, 'out'))).toBe(first);
  expect(readRun(first)).toHaveLength(2);
  expect(readdirSync(join(folder, 'out'))).toEqual([first.split('/').at(-1)]);
  expect(first).toMatch(/\/bundle-[0-9a-f]{12}$/);
});

it('a run that is no bundle is left as it is', async () => {
  const run = writtenRun();
  const work = vi.fn();
  await withRuns([run, join(run, 'debian-12/results.json')], work);
  expect(work.mock.calls[0]?.[0]).toEqual([run, join(run, 'debian-12/results.json')]);
});
