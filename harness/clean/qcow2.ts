import { closeSync, openSync, readSync } from 'node:fs';

const magic = 0x514649fb;

/**
 * Pure: the backing file that the head of a qcow2 image names, or undefined where it has none. Source:
 * https://www.qemu.org/docs/master/interop/qcow2.html, header bytes 8-15 (offset) and 16-19 (length, at most 1023).
 */
export function parseBackingFile(head: Buffer): string | undefined {
  if (head.length < 20 || head.readUInt32BE(0) !== magic) return undefined;
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
