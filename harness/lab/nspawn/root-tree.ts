import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { plainLine } from '../../messages/plain-text.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';

/** The folder in which the root file system of a box lies, unpacked or not. */
export function rootTreeOf(box: string): string {
  return cachePath('nspawn', 'trees', basename(box, '.box'));
}

/**
 * $1 is the box, $2 the folder of drafts, $3 the tree. One at a time: what lies in the draft is of one that was killed. The
 * mount ends with the namespace it is made in, and all processes with this one.
 */
const unpack = `exec 9>"$2.lock"
flock 9
[ ! -d "$3" ] || exit 0
trap 'umount "$2/disk" 2>/dev/null || :; rm -rf "$2"' EXIT
trap 'exit 143' TERM INT
rm -rf "$2"
mkdir "$2" "$2/disk"
tar -xf "$1" -C "$2" box.img
qemu-img convert -O raw "$2/box.img" "$2/disk.raw"
rm "$2/box.img"
mount -o loop,offset=1048576,ro,noload "$2/disk.raw" "$2/disk"
cp -a "$2/disk" "$2/root"
rm -rf "$2/root/boot" "$2/root/lost+found" "$2"/root/vmlinuz* "$2"/root/initrd* "$2/root/lib/modules"
mkdir "$2/root/boot" "$2/root/lib/modules"
: >"$2/root/etc/fstab"
mv "$2/root" "$3"`;

/** A child that ends with us, and ends all that it started: nothing goes on after a kill of any of them. */
const ending = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child'];

/** Unpacks a box once: what a VM has on its disk, without kernel and boot loader. Needs root. */
export async function ensureRootTree(box: string, onStage: (text: string) => void): Promise<string> {
  const tree = rootTreeOf(box);
  if (existsSync(tree)) return tree;
  onStage('unpacking the box (once)');
  const name = basename(box, '.box');
  const draft = join(dirname(tree), `.tmp-${name}`);
  const log = `tree-${name}`;
  mkdirSync(dirname(tree), { recursive: true });
  try {
    await runLogged([...ending, '--mount', '--propagation', 'private', 'sh', '-euc', unpack, 'sh', box, draft, tree], {
      log,
      code: 'BOX',
      what: `the box ${box} was not unpacked`,
    });
  } catch (error) {
    throw error instanceof RdcError
      ? whyNotUnpacked(error, box, readFileSync(cachePath('logs', `${log}.log`), 'utf8'))
      : error;
  }
  return tree;
}

/** Pure: what the tools said, as what happened and what to do. */
export function whyNotUnpacked(error: RdcError, box: string, said: string): RdcError {
  const about = (what: string, hint: string) => new RdcError('BOX', `${box}: ${what}`, { hint, cause: error });
  if (/No space left on device|Wrote only/.test(said))
    return about(
      'no room in the cache to unpack it; it takes about 3 GiB, and 1 GiB stays',
      'df -h ~/.cache; ./rdc clean',
    );
  if (/loop device/.test(said))
    return about('not unpacked: this machine has no free loop device', 'modprobe loop; losetup -l');
  const [damage] = /^(tar|qemu-img|mount): .*/m.exec(said) ?? [];
  if (damage !== undefined)
    return about(`not a box with a disk: ${plainLine(damage, 200)}`, `rm ${box}   # the next run builds it anew`);
  return error;
}
