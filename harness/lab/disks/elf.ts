/** What a program asks of the machine it is to run on. */
export type Elf = {
  /** as `process.arch` says it; undefined for any other */
  readonly arch: 'x64' | 'arm64' | undefined;
  /** the dynamic linker, e.g. `/lib64/ld-linux-x86-64.so.2`; undefined for a static program */
  readonly interpreter?: string;
  /** the newest symbol version of glibc, e.g. `2.38` */
  readonly glibc?: string;
};

const archs: Readonly<Record<number, Elf['arch']>> = { 62: 'x64', 183: 'arm64' };
const interpreterSegment = 3;

/** Pure: reads the headers of a 64-bit program; why it is none, as a sentence without its subject, where it is not. */
export function parseElf(file: Buffer): Elf | string {
  if (file.length < 64 || file.toString('latin1', 0, 4) !== '\x7fELF') return 'is no program';
  if (file[4] !== 2 || file[5] !== 1) return 'is a program for another architecture (not 64-bit, little-endian)';
  const [start, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(56)];
  const tableEnd = Number(file.readBigUInt64LE(40)) + file.readUInt16LE(58) * file.readUInt16LE(60);
  if (Math.max(start + count * 56, tableEnd) > file.length) return 'is cut off';
  let interpreter: string | undefined;
  for (let at = start; at < start + count * 56; at += 56) {
    const offset = Number(file.readBigUInt64LE(at + 8));
    const size = Number(file.readBigUInt64LE(at + 32));
    if (offset + size > file.length) return 'is cut off';
    if (file.readUInt32LE(at) === interpreterSegment)
      interpreter = file.toString('latin1', offset, offset + Math.min(size, 200)).replace(/\0.*$/s, '');
  }
  const arch = archs[file.readUInt16LE(18)];
  if (interpreter === undefined) return { arch };
  const glibc = newestOf(
    [...file.toString('latin1').matchAll(/\0GLIBC_(\d+\.\d+)/g)].map(([, version = '']) => version),
  );
  return { arch, interpreter, ...(glibc === undefined ? {} : { glibc }) };
}

function newestOf(versions: readonly string[]): string | undefined {
  return [...versions].sort(compareVersions).at(-1);
}

/** Pure: 2.9 is before 2.38. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  return (left?.[0] ?? 0) - (right?.[0] ?? 0) || (left?.[1] ?? 0) - (right?.[1] ?? 0);
}
