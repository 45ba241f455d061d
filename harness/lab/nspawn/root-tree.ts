import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';

/** The folder in which the root file system of a box lies, unpacked or not. */
function rootTreeOf(box: string): string {
  return cachePath('nspawn', 'trees', basename(box, '.box'));
}

/** $1 is the box, $2 an empty folder: the tree is $2/root then. The mount ends with the namespace it is made in. */
const unpack = `tar -xf "$1" -C "$2" box.img
qemu-img convert -O raw "$2/box.img" "$2/disk.raw"
rm "$2/box.img"
mkdir "$2/disk"
mount -o loop,offset=1048576,ro,noload "$2/disk.raw" "$2/disk"
cp -a "$2/disk" "$2/root"
rm -rf "$2/root/boot" "$2/root/lost+found" "$2"/root/vmlinuz* "$2"/root/initrd* "$2/root/lib/modules"
mkdir "$2/root/boot" "$2/root/lib/modules"
: >"$2/root/etc/fstab"`;

/** Unpacks a box once: what a VM has on its disk, without kernel and boot loader. Needs root. */
export async function ensureRootTree(box: string, onStage: (text: string) => void): Promise<string> {
  const tree = rootTreeOf(box);
  if (existsSync(tree)) return tree;
  onStage('unpacking the box (once)');
  const draft = mkdtempSync(cachePath('nspawn', 'trees', `.tmp-${basename(box, '.box')}-`));
  try {
    await runLogged(['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', unpack, 'sh', box, draft], {
      log: `tree-${basename(box, '.box')}`,
      code: 'BOX',
      what: `the box ${box} was not unpacked`,
    });
    mkdirSync(join(tree, '..'), { recursive: true });
    renameSync(join(draft, 'root'), tree);
  } catch (error) {
    // another run was faster
    if (!existsSync(tree)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  if (!existsSync(tree)) throw new RdcError('BOX', `the box ${box} left no root file system`);
  return tree;
}
