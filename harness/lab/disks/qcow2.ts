import { closeSync, openSync, readSync } from 'node:fs';
import { gib } from '../../messages/quantities.ts';

/** The largest disk that an image may ask for. Cloud images have 1 to 10 GiB; a header can claim anything. */
export const maxVirtualGiB = 64;
/** The largest file that is copied into the cache. */
export const maxFileGiB = 16;

export const headerBytes = 104;

const externalDataFile = 4n;

export type Qcow2Header = { readonly virtualBytes: number } | { readonly refused: string; readonly hint: string };

/**
 * What the first bytes of an image say, read before any tool opens it: an image that names another file (a backing
 * file, an external data file) would have that file of this host read as the machine's disk.
 * https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst
 */
export function parseQcow2Header(header: Buffer): Qcow2Header {
  if (header.length < headerBytes || !isQcow2(header))
    return { refused: 'is not a qcow2 image', hint: 'qemu-img convert -O qcow2 FILE FILE.qcow2' };
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) return { refused: `is qcow2 version ${version}; supported: 2, 3`, hint: flatten };
  if (header.readBigUInt64BE(8) !== 0n) return { refused: 'has a backing file, which is not supported', hint: flatten };
  if (header.readUInt32BE(32) !== 0) return { refused: 'is encrypted', hint: flatten };
  if (version === 3 && (header.readBigUInt64BE(72) & externalDataFile) !== 0n)
    return { refused: 'has an external data file, which is not supported', hint: flatten };
  const virtualBytes = header.readBigUInt64BE(24);
  if (virtualBytes === 0n || virtualBytes > BigInt(maxVirtualGiB * gib))
    return {
      refused: `claims a disk of ${(Number(virtualBytes) / gib).toFixed(1)} GiB; the limit is ${maxVirtualGiB} GiB`,
      hint: 'qemu-img info -f qcow2 FILE',
    };
  return { virtualBytes: Number(virtualBytes) };
}

const flatten = 'qemu-img convert -f qcow2 -O qcow2 FILE FLAT.qcow2   # on the machine that made it: one whole image';

const isQcow2 = (head: Buffer) => head.toString('latin1', 0, 4) === 'QFI\xfb';

/**
 * Pure: the backing file that the head of a qcow2 image names, or undefined where it has none. Source:
 * https://www.qemu.org/docs/master/interop/qcow2.html, header bytes 8-15 (offset) and 16-19 (length, at most 1023).
 */
export function parseBackingFile(head: Buffer): string | undefined {
  if (head.length < 20 || !isQcow2(head)) return undefined;
  const offset = Number(head.readBigUInt64BE(8));
  const length = head.readUInt32BE(16);
  if (offset === 0 || length === 0) return undefined;
  if (length > 1023 || offset + length > head.length) throw new Error('the name of the backing file is out of bounds');
  return head.toString('utf8', offset, offset + length);
}

/** The same of a file; the name lies in the first cluster, of at least 64 KiB as libvirt makes them. */
export function backingFileOf(path: string): string | undefined {
  const head = Buffer.alloc(65_536);
  const file = openSync(path, 'r');
  try {
    return parseBackingFile(head.subarray(0, readSync(file, head, 0, head.length, 0)));
  } finally {
    closeSync(file);
  }
}
