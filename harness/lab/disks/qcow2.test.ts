import { expect, test as it } from 'vitest';
import { headerBytes, maxVirtualGiB, parseQcow2Header } from './qcow2.ts';

/** Offsets by qemu's interop/qcow2.rst. */
function header(change: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write('QFI\xfb', 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeBigUInt64BE(3n << 30n, 24);
  change(bytes);
  return bytes;
}

it('a whole image says how large its disk is', () => {
  expect(parseQcow2Header(header())).toEqual({ virtualBytes: 3 * 1024 ** 3 });
  expect(parseQcow2Header(header((bytes) => bytes.writeUInt32BE(2, 4)))).toEqual({ virtualBytes: 3 * 1024 ** 3 });
});

it.each<[string, string, (bytes: Buffer) => void]>([
  ['another format', 'is not a qcow2 image', (bytes) => bytes.write('conectix')],
  ['an unknown version', 'is qcow2 version 4; supported: 2, 3', (bytes) => bytes.writeUInt32BE(4, 4)],
  ['a backing file', 'has a backing file', (bytes) => bytes.writeBigUInt64BE(104n, 8)],
  ['encryption', 'is encrypted', (bytes) => bytes.writeUInt32BE(2, 32)],
  ['an external data file', 'has an external data file', (bytes) => bytes.writeBigUInt64BE(4n, 72)],
  ['no disk at all', 'claims a disk of 0.0 GiB', (bytes) => bytes.writeBigUInt64BE(0n, 24)],
  ['an enormous disk', 'the limit is 64 GiB', (bytes) => bytes.writeBigUInt64BE(1n << 62n, 24)],
])('%s is refused', (_, refused, change) => {
  expect(parseQcow2Header(header(change))).toMatchObject({ refused: expect.stringContaining(refused) });
});

it('the limit itself is allowed, and a file that is too short is no image', () => {
  const atLimit = header((bytes) => bytes.writeBigUInt64BE(BigInt(maxVirtualGiB) << 30n, 24));
  expect(parseQcow2Header(atLimit)).toEqual({ virtualBytes: maxVirtualGiB * 1024 ** 3 });
  expect(parseQcow2Header(header().subarray(0, 50))).toMatchObject({ refused: 'is not a qcow2 image' });
});
