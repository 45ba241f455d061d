import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, expect, test as it, vi } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import type { Machine } from '../catalog/machines.ts';
import { vagrantEnvironment } from '../libvirt/vagrant-and-virsh.ts';
import { imageMachines, writeImageMachine } from '../machine/image-machine.ts';
import { knownMachines } from '../machine/known-machines.ts';
import { ensureImageBox, imageBox, imageHostKeys } from './cloud-image-box.ts';
import { fetchImage } from './fetch-image.ts';
import { readImageFile } from './image-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-image-'));
const image = join(folder, 'release.qcow2');
const run = (...argv: string[]) => {
  const { status, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
};
const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const quiet = () => {};

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
  rmSync(image, { force: true });
  run('qemu-img', 'create', '-q', '-f', 'qcow2', image, '3G');
});
afterAll(() => rmSync(folder, { recursive: true }));

function machineOf(box: Machine['box'], name = 'release'): Machine {
  const provision = { channel: 'distro', recipe: 'rootless-debian' } as const;
  return { name, box, cpus: 2, memoryMiB: 2048, serialPorts: 2, provision, verified: false };
}
const fromFile = (file = image, sha256 = digestOf(file)) => machineOf({ image: pathToFileURL(file).href, sha256 });

async function refusalOf(work: Promise<unknown>): Promise<RdcError> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof RdcError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

const boxes = () => readdirSync(join(folder, 'cache', 'rdc', 'boxes'));

it('an image is wrapped once, with a seed beside it and host keys that are known before it runs', async () => {
  const stages: string[] = [];
  const path = await ensureImageBox(fromFile(), (text) => stages.push(text));
  run('tar', '-C', folder, '-xf', path);
  const metadata = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'));
  expect(metadata).toMatchObject({ virtual_size: 3, disks: [{ path: 'box.img' }, { path: 'seed.img' }] });
  expect(await readImageFile(join(folder, 'box.img'))).toMatchObject({ virtualBytes: 3 * 1024 ** 3 });

  run('qemu-img', 'convert', '-O', 'raw', join(folder, 'seed.img'), join(folder, 'seed.raw'));
  const { stdout } = spawnSync('mtype', ['-i', join(folder, 'seed.raw'), '::user-data'], { encoding: 'utf8' });
  expect(stdout.split('\n')[0]).toBe('#cloud-config');
  const config = JSON.parse(stdout.slice(stdout.indexOf('\n')));
  const publicKey = readFileSync(join(folder, 'cache', 'rdc', 'ssh', 'id_ed25519.pub'), 'utf8').trim();
  expect(config.users).toMatchObject([{ name: 'vagrant', ssh_authorized_keys: [publicKey] }]);
  const keys = [config.ssh_keys.ecdsa_public, config.ssh_keys.ed25519_public];
  expect(imageHostKeys(await imageBox(digestOf(image)))).toEqual(keys);

  expect(await ensureImageBox(fromFile(), (text) => stages.push(text))).toBe(path);
  expect(stages).toHaveLength(1);
  expect(boxes().filter((file) => file.startsWith('.'))).toEqual([]);
});

it('a wrong checksum names the file, both digests and the remedy, and leaves nothing', async () => {
  const { code, exitCode, message, hint } = await refusalOf(ensureImageBox(fromFile(image, 'a'.repeat(64)), quiet));
  expect({ code, exitCode }).toEqual({ code: 'INPUT', exitCode: 2 });
  expect(message).toContain(`SHA-256 mismatch for ${image}: expected ${'a'.repeat(64)}`);
  expect(message).toContain(`got ${digestOf(image)}`);
  expect(hint).toContain('./rdc run release --image FILE');
  expect(boxes()).toEqual([]);
});

it('an entry without a checksum says where its user finds the image', async () => {
  const entry = machineOf({ image: 'https://images.example/releases/' });
  const { exitCode, message, hint } = await refusalOf(ensureImageBox(entry, quiet));
  expect(exitCode).toBe(2);
  expect(message).toContain('https://images.example/releases/');
  expect(hint).toContain('--sha256 HASH');
});

it.each<[string, string, (file: string) => void]>([
  [
    'names a file of this host',
    'has a backing file',
    (file) => {
      run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', file, '1G');
    },
  ],
  [
    'keeps its data elsewhere',
    'has an external data file',
    (file) => {
      run('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `data_file=${join(folder, 'data')}`, file, '1G');
    },
  ],
  ['is raw', 'is not a qcow2 image', (file) => writeFileSync(file, Buffer.alloc(4096))],
  [
    'is damaged',
    'is damaged',
    (file) => {
      // the table of reference counts points past the end
      const bytes = readFileSync(image);
      bytes.writeBigUInt64BE(1n << 40n, 48);
      writeFileSync(file, bytes);
    },
  ],
])('an image that %s is refused and leaves nothing', async (_, refused, make) => {
  const file = join(folder, 'bad.qcow2');
  rmSync(file, { force: true });
  make(file);
  const { exitCode, message } = await refusalOf(ensureImageBox(fromFile(file), quiet));
  expect(message).toContain(`${file} ${refused}`);
  expect(exitCode).toBe(2);
  expect(boxes()).toEqual([]);
});

it('what a killed process left is cleared away', async () => {
  const { id } = await imageBox(digestOf(image));
  for (const left of [id, 'image-of-another'])
    mkdirSync(join(folder, 'cache', 'rdc', 'boxes', `.${left}`, 'seed'), { recursive: true });
  await ensureImageBox(fromFile(), quiet);
  expect(boxes().filter((file) => file.startsWith('.'))).toEqual([]);
});

it('a machine made from an image is known by its name, and Vagrant works in its own folder', async () => {
  const machine = fromFile();
  await writeImageMachine(machine);
  expect(imageMachines()).toEqual([machine]);
  expect(knownMachines().machines.at(-1)).toEqual(machine);
  const { VAGRANT_CWD = '', RDC_MACHINES = '' } = vagrantEnvironment('release');
  const { id, path } = await imageBox(machine.box.sha256 ?? '');
  const own = JSON.parse(readFileSync(RDC_MACHINES, 'utf8'));
  expect(own.machines).toEqual([{ ...machine, box: { name: `rdc/${id}`, url: `file://${path}` } }]);
  const base = readFileSync(join(VAGRANT_CWD, 'vms', 'provision', 'base.sh'), 'utf8');
  expect(base.indexOf('cloud-init status')).toBeGreaterThan(0);
  expect(base.indexOf('cloud-init status')).toBeLessThan(base.indexOf('add_user tester'));
  expect(vagrantEnvironment('debian-13').VAGRANT_CWD).not.toBe(VAGRANT_CWD);
});

it('an entry without an image becomes the machine that its user made of it', async () => {
  const machine = { ...fromFile(), name: 'alpine-324' };
  expect(knownMachines().machines.find(({ name }) => name === 'alpine-324')?.box.sha256).toBeUndefined();
  await writeImageMachine(machine);
  expect(knownMachines().machines.filter(({ name }) => name === 'alpine-324')).toEqual([machine]);
});

it('a download is kept to the byte; a refused one says what to do', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/gone' ? 404 : 200;
    response.end('image');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const to = join(folder, 'download');
  await fetchImage(`http://127.0.0.1:${port}/image`, to);
  expect(readFileSync(to, 'utf8')).toBe('image');
  const { message, hint } = await refusalOf(fetchImage(`http://127.0.0.1:${port}/gone`, to));
  expect(message).toMatch(/cannot fetch .*\/gone: HTTP 404/);
  expect(hint).toContain('--image FILE');
  server.close();
});
