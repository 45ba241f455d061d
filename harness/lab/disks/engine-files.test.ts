import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeEach, expect, test as it, vi } from 'vitest';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { compareVersions, parseElf } from './elf.ts';
import { expectEngineRuns, readEngine, withPrograms } from './engine-files.ts';
import { requiredPrograms } from './engine-layout.ts';

const base = mkdtempSync(join(tmpdir(), 'rdc-engine-'));
afterAll(() => rmSync(base, { recursive: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(base, 'case-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});

/** Made here: a program of two headers, for x86-64 or arm64, static or with an interpreter. */
function program({ machine = process.arch === 'arm64' ? 183 : 62, interpreter = '', strings = '' } = {}): Buffer {
  const head = Buffer.alloc(64 + 56);
  head.write('\x7fELF', 'latin1');
  head.set([2, 1], 4);
  head.writeUInt16LE(machine, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(interpreter ? 1 : 0, 56);
  head.writeUInt32LE(3, 64);
  head.writeBigUInt64LE(120n, 72);
  head.writeBigUInt64LE(BigInt(interpreter.length + 1), 96);
  return Buffer.concat([head, Buffer.from(`${interpreter}\0${strings}\0`, 'latin1')]);
}

const isScript = (name: string) => name.endsWith('.sh');

/** As upstream's two archives unpack side by side. */
function layOut(name = 'engine', change: Readonly<Record<string, Buffer | undefined>> = {}): string {
  const root = join(folder, name);
  for (const part of ['docker', 'docker-rootless-extras']) mkdirSync(join(root, part), { recursive: true });
  for (const one of requiredPrograms) {
    const content = Object.hasOwn(change, one) ? change[one] : isScript(one) ? Buffer.from('#!/bin/sh\n') : program();
    const path = join(root, isScript(one) || one === 'rootlesskit' ? 'docker-rootless-extras' : 'docker', one);
    if (content) writeFileSync(path, content, { mode: 0o755 });
  }
  writeFileSync(join(root, 'docker', 'README'), 'no program');
  return root;
}

it('a folder and the archive of it are the same engine', async () => {
  const root = layOut();
  const archive = join(folder, 'engine.tgz');
  expect(spawnSync('tar', ['-czf', archive, '-C', root, 'docker', 'docker-rootless-extras']).status).toBe(0);
  const [one, other] = [await readEngine(root), await readEngine(archive)];
  expect(other.digest).toBe(one.digest);
  expect(Object.keys(one.programs).sort()).toEqual([...requiredPrograms].sort());
  expect(spawnSync('tar', ['-cf', archive, '-C', join(root, 'docker'), '.']).status).toBe(0);
  await expect(readEngine(archive)).rejects.toThrow('lacks rootlesskit, dockerd-rootless.sh');
});

it('what an archive was unpacked to is gone afterwards', async () => {
  const archive = join(folder, 'engine.tar');
  spawnSync('tar', ['-cf', archive, '-C', layOut(), 'docker', 'docker-rootless-extras']);
  const path = await withPrograms(archive, (programs) => {
    expect(readFileSync(programs.get('runc') ?? '')).toEqual(program());
    return programs.get('runc') ?? '';
  });
  expect(() => readFileSync(path)).toThrow('ENOENT');
});

it.each<[string, Readonly<Record<string, Buffer | undefined>>, string]>([
  ['missing runc', { runc: undefined }, 'lacks runc; was it copied in part?'],
  [
    'a program of another architecture',
    { dockerd: program({ machine: 243 }) },
    'dockerd is for another architecture, machines are',
  ],
  [
    'one for musl',
    { runc: program({ interpreter: '/lib/ld-musl-x86_64.so.1' }) },
    'runc needs /lib/ld-musl-x86_64.so.1, and the machines have glibc',
  ],
  [
    'one that is cut off',
    { runc: program({ interpreter: '/lib64/ld-linux-x86-64.so.2' }).subarray(0, 130) },
    'runc is cut off',
  ],
  ['garbage of its name', { dockerd: Buffer.from('hello') }, 'dockerd is no program'],
])('%s is refused in one sentence', async (_, change, message) => {
  const root = layOut('engine', change);
  await expect(readEngine(root)).rejects.toMatchObject({ code: 'INPUT', exitCode: 2 });
  await expect(readEngine(root)).rejects.toThrow(message);
  await expect(readEngine(root)).rejects.toThrow(/^[^\n]+$/);
});

it.each<[string, (path: string) => void, string]>([
  ['nothing', () => {}, 'does not exist'],
  ['an empty folder', (path) => mkdirSync(path), 'has none of the programs of Docker'],
  [
    'a file of noise',
    (path) => writeFileSync(path, Buffer.alloc(4096, 'noise')),
    'it is no whole tar or tar.gz archive',
  ],
  ['an empty file', (path) => writeFileSync(path, ''), 'is an empty file'],
  ['an archive of nothing', (path) => writeFileSync(path, Buffer.alloc(1024)), 'has none of the programs of Docker'],
  ['a gzip of nothing', (path) => writeFileSync(path, gzipSync('')), 'has none of the programs of Docker'],
  [
    'noise that looks like gzip',
    (path) => writeFileSync(path, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])),
    'it is no whole tar or tar.gz archive',
  ],
])('%s is refused', async (_, make, message) => {
  const path = join(folder, 'source');
  make(path);
  await expect(readEngine(path)).rejects.toThrow(message);
});

it('a half archive is refused', async () => {
  const archive = join(folder, 'engine.tar');
  spawnSync('tar', ['-cf', archive, '-C', layOut(), 'docker', 'docker-rootless-extras']);
  truncateSync(archive, 2_000);
  await expect(readEngine(archive)).rejects.toThrow('it is no whole tar or tar.gz archive');
});

it.each([
  [{ name: '../dockerd' }, 'it has a path that leads out of it: ../dockerd'],
  [{ name: 'docker/../../etc/passwd' }, 'it has a path that leads out of it'],
  [{ name: '/usr/bin/dockerd' }, 'it has a path that leads out of it: /usr/bin/dockerd'],
  [{ name: 'docker/runc', type: 'symlink', linkname: '/etc/passwd' }, 'it has a symlink and not only files'],
  [{ name: 'docker/runc', type: 'link', linkname: 'docker/x' }, 'it has a link and not only files'],
  [{ name: 'docker/null', type: 'character-device' }, 'it has a character-device and not only files'],
] as const)('an archive with %j is refused', async (header, message) => {
  const archive = join(folder, 'bad.tar');
  const tar = pack();
  tar.entry(header, '');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  writeFileSync(archive, Buffer.concat(chunks));
  await expect(readEngine(archive)).rejects.toThrow(message);
});

it('a program that may not be run is none; a link in a folder of this machine is followed', async () => {
  const root = layOut();
  const runc = join(root, 'docker', 'runc');
  chmodSync(runc, 0o644);
  await expect(readEngine(root)).rejects.toThrow('lacks runc');
  copyFileSync(runc, join(folder, 'runc'));
  chmodSync(join(folder, 'runc'), 0o755);
  rmSync(runc);
  symlinkSync(join(folder, 'runc'), runc);
  expect((await readEngine(root)).programs).toHaveProperty('runc');
});

it('glibc of a newer release is refused before anything is booted, where the box says what it has', async () => {
  const runc = program({
    interpreter: '/lib64/ld-linux-x86-64.so.2',
    strings: 'x\0GLIBC_2.9\0GLIBC_2.38\0GLIBC_2.4\0',
  });
  const engine = await readEngine(layOut('engine', { runc }));
  expect(engine.glibc).toEqual({ version: '2.38', program: 'runc' });
  const box = join(folder, 'debian.box');
  writeFileSync(box, 'x');
  const machine = { ...findMachine(readMachines(), 'debian-12'), engine };
  const expectOn = (libc6: string) => {
    writeFileSync(join(folder, 'debian.json'), JSON.stringify({ installed: { libc6 } }));
    expectEngineRuns(machine, box);
  };
  expect(() => expectOn('2.36-9+deb12u13')).toThrow('cannot run on debian-12: runc needs glibc 2.38, it has 2.36');
  expectOn('2.38-1');
  expectOn('2.41-12');
  expectEngineRuns(machine, join(folder, 'other.box'));
});

it('programs of this machine are read as what they are', () => {
  expect(parseElf(readFileSync(process.execPath))).toMatchObject({ arch: process.arch });
  expect(parseElf(Buffer.alloc(10))).toBe('is no program');
  expect(compareVersions('2.9', '2.38')).toBeLessThan(0);
});
