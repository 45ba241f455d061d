import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isStaticElf } from '../this-machine/static-program.ts';
import { ensureFixtureImage } from './build.ts';
import { appletNames } from './busybox.ts';
import type { FixtureImage } from './image.ts';

const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'rdc-fixture-'));
let image: FixtureImage;

beforeAll(async () => {
  image = await ensureFixtureImage({ arch: 'amd64', cacheDir: join(work, 'one') });
}, 240_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

function tar(...args: string[]): Buffer {
  return execFileSync('tar', args, { maxBuffer: 16 * 1024 * 1024 });
}

function archived(path: string): Buffer {
  return tar('-xOf', image.tarPath, path);
}

function archivedJson(path: string) {
  return JSON.parse(archived(path).toString());
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

describe('the image', () => {
  it('is read through manifest.json by docker load', () => {
    const [entry] = archivedJson('manifest.json');
    expect(entry.RepoTags).toEqual(['rdc/fixture:1']);
    const config = archivedJson(entry.Config);
    expect(sha256(archived(entry.Config))).toBe(image.digest);
    expect(config.rootfs.diff_ids).toEqual(entry.Layers.map((path: string) => sha256(archived(path))));
    expect(config).toMatchObject({
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin'], Cmd: ['sleep', 'infinity'] },
    });
  });

  it('is read through index.json by an OCI image store', () => {
    const [descriptor] = archivedJson('index.json').manifests;
    expect(descriptor.digest).toBe(image.manifestDigest);
    expect(descriptor.annotations['io.containerd.image.name']).toBe('docker.io/rdc/fixture:1');
    const manifest = archived(`blobs/sha256/${descriptor.digest.slice(7)}`);
    expect(sha256(manifest)).toBe(image.manifestDigest);
    expect(manifest.length).toBe(descriptor.size);
    expect(JSON.parse(manifest.toString()).config.digest).toBe(image.digest);
    expect(archivedJson('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
  });

  it('holds root-owned entries of the epoch, sorted, with their modes and links', () => {
    const layer = archived(archivedJson('manifest.json')[0].Layers[0]);
    const listed = execFileSync('tar', ['-tvf', '-', '--numeric-owner', '--utc'], { input: layer }).toString();
    const lines = listed.trim().split('\n');
    expect(lines.filter((line) => !/^\S+ 0\/0 +\d+ 1970-01-01 00:00 /.test(line))).toEqual([]);
    expect(lines.find((line) => line.endsWith(' tmp/'))).toMatch(/^drwxrwxrwt /);
    expect(lines.find((line) => line.includes(' bin/sh '))).toMatch(/^l.* bin\/sh -> busybox$/);
    const paths = lines.map((line) => line.split(/ +/)[5] ?? '');
    expect(paths).toEqual(paths.toSorted());
    expect(paths).toEqual(expect.arrayContaining(['bin/busybox', 'bin/probe', 'bin/sleep', 'etc/passwd', 'etc/group']));
  });

  it('is smaller than 5 MB', () => {
    expect(statSync(image.tarPath).size).toBeLessThan(5_000_000);
  });

  it('has the same bytes when it is built again', async () => {
    const again = await ensureFixtureImage({ arch: 'amd64', cacheDir: join(work, 'two') });
    expect(again.tarPath).not.toBe(image.tarPath);
    expect(readFileSync(again.tarPath).equals(readFileSync(image.tarPath))).toBe(true);
    expect({ ...again, tarPath: '', probePath: '' }).toEqual({ ...image, tarPath: '', probePath: '' });
  }, 240_000);

  it('is taken from the cache, and rebuilt when the cache is damaged', async () => {
    const cacheDir = join(work, 'one');
    const bytes = readFileSync(image.tarPath);
    expect(await ensureFixtureImage({ arch: 'amd64', cacheDir })).toEqual(image);
    writeFileSync(image.tarPath, 'damaged');
    expect(await ensureFixtureImage({ arch: 'amd64', cacheDir })).toEqual(image);
    expect(readFileSync(image.tarPath).equals(bytes)).toBe(true);
  });

  it('is taken as it was built where there is no compiler any more', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const kept = await ensureFixtureImage({ arch: 'amd64', cacheDir: join(work, 'one') });
    await expect(ensureFixtureImage({ arch: 'amd64', cacheDir: join(work, 'none') })).rejects.toThrow(
      '[IMAGE] gcc is missing or cannot build the probe for amd64',
    );
    vi.unstubAllEnvs();
    expect(kept).toEqual(image);
  });

  it.each(['\0', '\xae '])('finds the applets behind %j', (before) => {
    const busybox = Buffer.from(`\x7fELF${before}[\0[[\0acpid\0zcat\0\0/var/log`, 'latin1');
    expect(appletNames(busybox)).toEqual(['[', '[[', 'acpid', 'zcat']);
  });

  it('links every applet of its busybox, which like the probe is static', () => {
    const layer = archived(archivedJson('manifest.json')[0].Layers[0]);
    const busyboxPath = join(work, 'busybox');
    const busybox = execFileSync('tar', ['-xOf', '-', 'bin/busybox'], { input: layer, maxBuffer: 1 << 24 });
    writeFileSync(busyboxPath, busybox, { mode: 0o755 });
    const listed = execFileSync(busyboxPath, ['--list']).toString().trim().split('\n');
    expect(appletNames(busybox).toSorted()).toEqual(listed.toSorted());
    expect(isStaticElf(busybox, 'amd64')).toBe(true);
    expect(isStaticElf(readFileSync(image.probePath), 'amd64')).toBe(true);
    expect(isStaticElf(readFileSync(process.execPath), 'amd64'), 'node is dynamic').toBe(false);
    expect(isStaticElf(busybox, 'arm64')).toBe(false);
  });
});

describe('the root file system', () => {
  it('runs in a user namespace with nothing else around it', async () => {
    const root = mkdtempSync(join(work, 'root-'));
    const layer = archived(archivedJson('manifest.json')[0].Layers[0]);
    execFileSync('tar', ['-xf', '-', '-C', root], { input: layer });
    const inside = async (...argv: string[]) => (await run('unshare', ['-Ur', 'chroot', root, ...argv])).stdout;
    expect(await inside('/bin/sh', '-c', 'PATH=/bin; id -un; sleep 0; ls -d /tmp')).toBe('root\n/tmp\n');
    expect(JSON.parse(await inside('/bin/probe', 'ids'))).toMatchObject({ errno: 'ENOENT', uid: 0, gid: 0 });
    const ids = await run('unshare', ['-Ur', image.probePath, 'ids']);
    expect(JSON.parse(ids.stdout)).toMatchObject({
      errno: null,
      capEff: expect.stringMatching(/^[0-9a-f]{16}$/),
      capBnd: expect.stringMatching(/^[0-9a-f]{16}$/),
      noNewPrivs: 0,
      seccomp: expect.any(Number),
    });
  });
});
