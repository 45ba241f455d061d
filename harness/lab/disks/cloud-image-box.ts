import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RdcError } from '../../messages/errors.ts';
import { lockMachine, lockOwner, releaseMachine } from '../../this-machine/locks.ts';
import { cachePath, cacheRoot } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import type { Machine } from '../catalog/machines.ts';
import { makeHostKeys, makeSeed, userData } from './cloud-init-seed.ts';
import { fetchImage } from './fetch-image.ts';
import { boundedQemuImg, checkImageFile, type Expected, readImageFile } from './image-file.ts';
import { ensureSshKey } from './ssh-key.ts';

/** Room for Docker and the checks; cloud-init lets the root file system grow into it. */
const diskGiB = 12;

/** A box in the cache that was made of a cloud image. */
export type ImageBox = {
  /** names the box in Vagrant (`rdc/ID`), its volumes in libvirt and its files in the cache */
  readonly id: string;
  readonly path: string;
};

/** The box of an image, by the image's digest and by what is put beside it; it need not exist yet. */
export async function imageBox(sha256: string): Promise<ImageBox> {
  const { publicKey } = await ensureSshKey();
  const beside = createHash('sha256').update(userData(publicKey, [])).update(vagrantfile('')).digest('hex');
  const id = `image-${sha256.slice(0, 16)}-${beside.slice(0, 8)}`;
  return { id, path: cachePath('boxes', `${id}.box`) };
}

/** The host keys that an image's machines start with, as OpenSSH public key lines, sorted. */
export function imageHostKeys(box: ImageBox): string[] {
  return JSON.parse(readFileSync(`${box.path}.keys.json`, 'utf8')) as string[];
}

/**
 * Wraps a machine's image as a libvirt box unless the cache holds it: fetched, compared with its digest, looked at as
 * something untrusted, copied into an image of our own making, with a seed as its second disk. Throws INPUT and leaves
 * nothing behind when the image is not what it is said to be.
 */
export async function ensureImageBox(machine: Machine, onStage: (text: string) => void): Promise<string> {
  expectImage(machine);
  const { image = '', sha256 = '' } = machine.box;
  const box = await imageBox(sha256);
  if (existsSync(box.path)) return box.path;
  lockMachine(box.id);
  const work = cachePath('boxes', `.${box.id}`);
  clearLeftovers(dirname(work));
  mkdirSync(work, { mode: 0o700 });
  try {
    onStage(`${image.startsWith('https:') ? 'downloading' : 'wrapping as a box'}: ${image} (once)`);
    await wrap({ machine, box, work, expected: { sha256, ...vouched(machine) } });
  } finally {
    rmSync(work, { recursive: true, force: true });
    releaseMachine(box.id);
  }
  return box.path;
}

/** What processes left that were killed: each holds the lock of its work as long as it lives. */
function clearLeftovers(boxes: string): void {
  const isLeft = (id: string) => [undefined, process.pid].includes(lockOwner(id)?.pid);
  for (const file of readdirSync(boxes))
    if (file.startsWith('.image-') && isLeft(file.slice(1))) rmSync(join(boxes, file), { recursive: true });
}

type Job = { machine: Machine; box: ImageBox; work: string; expected: Expected };

async function wrap({ machine, box, work, expected }: Job): Promise<void> {
  const { image = '' } = machine.box;
  const got = join(work, 'image.qcow2');
  await fetchImage(image, got);
  const shown = image.startsWith('file:') ? fileURLToPath(image) : image;
  // everything from here on is about our copy: nobody can exchange it any more
  const { virtualBytes } = await readImageFile(got, expected, shown);
  await checkImageFile(got, shown);
  expectRoom(statSync(got).size, work);
  await runLogged([...boundedQemuImg, 'convert', '-f', 'qcow2', '-O', 'qcow2', got, join(work, 'box.img')], {
    log: `box-${machine.name}`,
    code: 'BOX',
    what: `copying ${shown}`,
    timeoutMs: 1_800_000,
  });
  rmSync(got);
  const keys = await makeHostKeys(work);
  const { identityFile, publicKey } = await ensureSshKey();
  await makeSeed(work, { userData: userData(publicKey, keys), instance: box.id });
  const disks = [{ path: 'box.img' }, { path: 'seed.img' }];
  const metadata = { provider: 'libvirt', format: 'qcow2', virtual_size: Math.ceil(virtualBytes / 1024 ** 3), disks };
  writeFileSync(join(work, 'metadata.json'), JSON.stringify(metadata));
  writeFileSync(join(work, 'Vagrantfile'), vagrantfile(identityFile));
  const files = ['metadata.json', 'Vagrantfile', 'box.img', 'seed.img'];
  const whole = join(work, 'box.tar');
  const pack = ['tar', '-C', work, '-cf', whole, ...files];
  await runLogged(pack, { log: `box-${machine.name}`, code: 'BOX', what: `packing ${box.path}` });
  // the seed holds the secret halves of the host keys
  writeFileSync(`${box.path}.keys.json`, JSON.stringify(keys.map((pair) => pair.public).sort()));
  renameSync(whole, box.path);
}

/** What a box brings to its machines besides disks; the path is a Ruby string between single quotes. */
function vagrantfile(identityFile: string): string {
  const path = identityFile.replaceAll(/['\\]/g, '\\$&');
  return `Vagrant.configure('2') do |config|
  config.ssh.insert_key = false
  config.ssh.username = 'vagrant'
  config.ssh.private_key_path = '${path}'
  config.vm.provider(:libvirt) { |libvirt| libvirt.machine_virtual_size = ${diskGiB} }
end
`;
}

/** The image, its box and Vagrant's copy of it lie in the cache at the same time. */
function expectRoom(bytes: number, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const mib = (count: number) => Math.ceil(count / 1024 ** 2);
  if (bavail * bsize > 4 * bytes) return;
  throw new RdcError(
    'BOX',
    `not enough space in ${cacheRoot()}: ${mib(bavail * bsize)} MiB free, ${mib(4 * bytes)} MiB needed`,
    { hint: `df -h ${cacheRoot()}` },
  );
}

function vouched({ name, box }: Machine): Pick<Expected, 'by' | 'remedy'> {
  if (box.image?.startsWith('file:'))
    return { by: `what ${name} was made from`, remedy: `./rdc run ${name} --image FILE   # to make it from this file` };
  return {
    by: `${name} in vms/machines.json`,
    remedy: `./rdc run ${name} --image FILE --sha256 HASH   # a file that you verified`,
  };
}

/** An entry without a digest names the place of a file that its user brings along: throws INPUT until that is done. */
export function expectImage({ name, box }: Machine): void {
  if (box.image === undefined || box.sha256 !== undefined) return;
  throw new RdcError('INPUT', `${name} has no image yet: no checksum is recorded for ${box.image}`, {
    hint: `download it, verify it against the published checksums, then ./rdc run ${name} --image FILE --sha256 HASH`,
  });
}
