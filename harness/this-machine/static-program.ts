import { closeSync, openSync, readSync } from 'node:fs';

const elfMachines = { amd64: 62, arm64: 183 } as const;
const elfInterpreterHeader = 3;

export const busyboxPaths = [
  '/bin/busybox',
  '/sbin/busybox',
  '/usr/bin/busybox',
  '/usr/sbin/busybox',
  '/bin/busybox.static',
  '/usr/bin/busybox-static',
] as const;

/** Whether these are the first bytes of a program that needs no dynamic linker. */
export function isStaticElf(bytes: Buffer, arch: keyof typeof elfMachines): boolean {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) return false;
  if (bytes.readUInt16LE(18) !== elfMachines[arch]) return false;
  const tableOffset = Number(bytes.readBigUInt64LE(32));
  const entryBytes = bytes.readUInt16LE(54);
  const count = bytes.readUInt16LE(56);
  if (tableOffset + count * entryBytes > bytes.length) return false;
  const types = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(tableOffset + i * entryBytes));
  return !types.includes(elfInterpreterHeader);
}

/** Whether this machine has a static busybox of its own architecture. */
export function hasStaticBusybox(): boolean {
  return busyboxPaths.some((path) => isStaticElf(beginningOf(path), process.arch === 'arm64' ? 'arm64' : 'amd64'));
}

function beginningOf(path: string): Buffer {
  const bytes = Buffer.alloc(4096);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return Buffer.alloc(0);
  }
}
