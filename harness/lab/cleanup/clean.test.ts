import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { sizeText } from '../../messages/quantities.ts';
import { lockOwner } from '../../this-machine/locks.ts';
import { identifyProcess } from '../../this-machine/process-identity.ts';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { boxIdentity } from '../disks/box.ts';
import { parseBackingFile } from '../disks/qcow2.ts';
import { machineStamp } from '../machine/snapshot-record.ts';
import { clean } from './clean.ts';
import { cacheLimitBytes, diskUsage, diskWarning, freeLimitBytes } from './disk-usage.ts';
import { requireInside } from './remove.ts';

let cache: string;
let out: string;
const other = identifyProcess(process.ppid);

beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'rdc-clean-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
  vi.stubEnv('RDC_LAB', 'hermetic');
  vi.stubEnv('RDC_MACHINES', '');
  cache = join(home, 'rdc');
  out = join(home, 'out');
});

function write(path: string, content: string | Buffer = 'x'.repeat(10_000), ageDays = 2): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const at = new Date(Date.now() - ageDays * 86_400_000);
  for (const one of [path, dirname(path)]) utimesSync(one, at, at);
}

/** The head of a qcow2 image as QEMU writes it. */
function qcow2(backing = ''): Buffer {
  const head = Buffer.alloc(4096);
  head.writeUInt32BE(0x514649fb, 0);
  head.writeUInt32BE(3, 4);
  if (backing !== '') {
    head.writeBigUInt64BE(512n, 8);
    head.writeUInt32BE(Buffer.byteLength(backing), 16);
    head.write(backing, 512);
  }
  return head;
}

const images = () => join(cache, 'libvirt/var/images');
const said: string[] = [];
const run = (options: { dryRun?: boolean; all?: boolean; olderThanDays?: number } = {}) =>
  clean(out, { all: false, olderThanDays: undefined, dryRun: false, onStage: (text) => said.push(text), ...options });

/** debian-13 as it should be, debian-12 of an older state, and what a run leaves that dies. */
async function fillCache(): Promise<{ base: string; oldBase: string }> {
  const machine = findMachine(readMachines(), 'debian-13');
  const box = await boxIdentity(machine);
  const name = basename(box, '.box');
  const old12 = 'debian-12-amd64-aaaaaaaaaaaa';
  const base = `rdc-VAGRANTSLASH-${name}_vagrant_box_image_0_1_box.img`;
  const oldBase = `rdc-VAGRANTSLASH-${old12}_vagrant_box_image_0_1_box.img`;
  write(box);
  write(join(cache, 'boxes', `${old12}.box`));
  write(join(cache, 'boxes', `${old12}.json`));
  write(join(cache, 'vagrant/boxes', `rdc-VAGRANTSLASH-${old12}`, '0/libvirt/box.img'));
  utimesSync(join(cache, 'vagrant/boxes', `rdc-VAGRANTSLASH-${old12}`), 1, 1);
  write(join(images(), base), qcow2());
  write(join(images(), oldBase), qcow2());
  write(join(images(), 'rdc-debian-13.img'), qcow2(`/var/lib/libvirt/images/${base}`));
  write(join(images(), 'rdc-debian-12.img'), qcow2(`/var/lib/libvirt/images/${oldBase}`));
  const record = { stamp: machineStamp(machine, box, 'tcg'), hostKeys: [], accel: 'tcg' };
  write(join(cache, 'machines/debian-13.json'), JSON.stringify(record));
  write(join(cache, 'machines/debian-12.json'), JSON.stringify({ ...record, stamp: 'before' }));
  write(join(cache, 'machines/machines/debian-12/libvirt/id'));
  write(join(cache, 'machines/debian-11.lock'), JSON.stringify({ pid: process.pid, startTime: '1', since: 'unknown' }));
  write(join(cache, 'sockets', `${process.pid}-1-x1Y2z3`, 'docker.sock'));
  write(join(cache, 'ssh/id_ed25519'));
  write(join(cache, 'logs/new.log'), 'x', 1);
  write(join(cache, 'logs/old.log'), 'x', 40);
  for (let index = 10; index < 32; index += 1) write(join(out, `2026-10-${index}T02-10-00Z-3f9a/t/results.json`));
  write(join(out, 'mine/results.json'));
  symlinkSync('2026-10-10T02-10-00Z-3f9a', join(out, 'latest'));
  return { base, oldBase };
}

it('removes what nothing uses, says how much that was, and leaves the rest', async () => {
  const { base } = await fillCache();
  const before = diskUsage(cache) + diskUsage(out);
  const cleaned = await run();
  expect(cleaned.failed).toEqual([]);
  expect(cleaned.freedBytes).toBeGreaterThan(60_000);
  expect(before - diskUsage(cache) - diskUsage(out)).toBeGreaterThanOrEqual(cleaned.freedBytes);
  expect(readdirSync(images()).sort()).toEqual([base, 'rdc-debian-13.img']);
  expect(readdirSync(join(cache, 'boxes'))).toHaveLength(1);
  expect(readdirSync(join(cache, 'vagrant/boxes'))).toEqual([]);
  expect(readdirSync(join(cache, 'machines')).sort()).toEqual(['debian-13.json', 'machines']);
  expect(readdirSync(join(cache, 'machines/machines'))).toEqual([]);
  expect(readdirSync(join(cache, 'sockets'))).toEqual([]);
  expect(readdirSync(join(cache, 'logs'))).toEqual(['new.log']);
  expect(existsSync(join(cache, 'ssh/id_ed25519'))).toBe(true);
  const runs = readdirSync(out);
  expect(runs).toHaveLength(20 + 3);
  expect(runs).toEqual(expect.arrayContaining(['latest', 'mine', '2026-10-10T02-10-00Z-3f9a']));
  expect(said.join('\n')).toContain('debian-11: lock of a dead run');
  expect((await run()).unused).toEqual([]);
});

it('a dry run lists the same and changes nothing', async () => {
  await fillCache();
  const before = readdirSync(cache, { recursive: true });
  const { unused, freedBytes } = await run({ dryRun: true });
  expect(unused.map(({ kind, name }) => `${kind} ${name}`)).toContain('machine debian-12');
  expect(unused.map(({ name }) => name)).toContain(`lock of debian-11 (process ${process.pid})`);
  expect(freedBytes).toBe(0);
  expect(readdirSync(cache, { recursive: true })).toEqual(before);
});

it('what a living process holds stays, even with --all; the locks are given back', async () => {
  const { base, oldBase } = await fillCache();
  write(
    join(cache, 'machines/debian-12.lock'),
    JSON.stringify({ ...other, since: 'unknown', command: 'rdc run debian-12' }),
  );
  const [held] = readdirSync(out);
  write(join(cache, 'runs/1.json'), JSON.stringify({ ...other, folder: join(out, held ?? '') }));
  const { kept } = await run({ all: true, olderThanDays: 0 });
  expect(readdirSync(images()).sort()).toEqual([oldBase, 'rdc-debian-12.img']);
  expect(existsSync(join(images(), base))).toBe(false);
  expect(readdirSync(join(cache, 'boxes')).sort()).toEqual([
    'debian-12-amd64-aaaaaaaaaaaa.box',
    'debian-12-amd64-aaaaaaaaaaaa.json',
  ]);
  expect(kept.map(({ why }) => why).join('\n')).toContain(`in use by process ${process.ppid} (rdc run debian-12)`);
  expect(readdirSync(out)).toEqual([held, 'latest', 'mine']);
  expect(lockOwner('debian-12')?.pid).toBe(process.ppid);
  expect(lockOwner('debian-13')).toBeUndefined();
});

it('an empty cache is clean', async () => {
  expect(await run({ dryRun: true })).toMatchObject({ unused: [], kept: [] });
});

it.each(['/etc/passwd', '/cache', '/cache/../etc', '/cachette/x'])('%s is outside of the cache', (path) => {
  expect(() => requireInside(path, ['/cache'])).toThrow('is outside of /cache');
});

it('a path below a folder is inside of it', () => {
  expect(() => requireInside('/out/x/y', ['/cache', '/out'])).not.toThrow();
});

it('the backing file is read from the head of the image', () => {
  expect(parseBackingFile(qcow2('/var/lib/a.img'))).toBe('/var/lib/a.img');
  expect(parseBackingFile(qcow2())).toBeUndefined();
  expect(parseBackingFile(Buffer.from('not an image at all'))).toBeUndefined();
  const broken = qcow2('/a');
  broken.writeUInt32BE(4_000_000, 16);
  expect(() => parseBackingFile(broken)).toThrow('out of bounds');
});

it('a warning only past a limit, with the numbers', () => {
  expect(diskWarning({ cacheBytes: cacheLimitBytes, freeBytes: freeLimitBytes })).toBeUndefined();
  expect(diskWarning({ cacheBytes: cacheLimitBytes + 2 ** 30, freeBytes: 2 ** 40 })).toBe(
    'disk: the cache holds 41.0 GiB (limit 40.0 GiB), 1024.0 GiB free on its disk (wanted 10.0 GiB); ./rdc clean --dry-run lists what is unused',
  );
  expect(diskWarning({ cacheBytes: 0, freeBytes: 2 ** 30 })).toContain('1.0 GiB free on its disk');
  expect(['1.5 MiB', '1 KiB', '0 KiB']).toEqual([1.5 * 2 ** 20, 1, 0].map(sizeText));
});
