import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat as lookAt, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { RdcError } from '../../messages/errors.ts';
import { runCommand } from '../../this-machine/run-command.ts';
import { headerBytes, maxFileGiB, parseQcow2Header } from './qcow2.ts';

export type ImageFile = { readonly sha256: string; readonly virtualBytes: number };

/** A digest that somebody vouches for, and who: `--sha256`, `fedora-44 in vms/machines.json`. */
export type Expected = { readonly sha256: string; readonly by: string; readonly remedy?: string };

/**
 * Reads an image once: what its header asks for and its SHA-256 (lower-case hex). Throws INPUT when it is no whole
 * qcow2 image or not the expected one; `shown` is what the message calls it.
 */
export async function readImageFile(file: string, expected?: Expected, shown = file): Promise<ImageFile> {
  const virtualBytes = await readHeader(file, shown);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const sha256 = hash.digest('hex');
  if (expected && expected.sha256 !== sha256) {
    throw new RdcError(
      'INPUT',
      `SHA-256 mismatch for ${shown}: expected ${expected.sha256} (${expected.by}), got ${sha256}`,
      {
        hint: expected.remedy ?? `sha256sum ${shown}   # compare with the published checksums`,
      },
    );
  }
  return { sha256, virtualBytes };
}

async function readHeader(file: string, shown: string): Promise<number> {
  const header = Buffer.alloc(headerBytes);
  try {
    // before it is opened: a pipe that nobody writes to would be waited for
    const stat = await lookAt(file);
    if (!stat.isFile()) throw new RdcError('INPUT', `${shown} is not a file`, { hint: `ls -l ${shown}` });
    if (stat.size > maxFileGiB * 1024 ** 3)
      throw new RdcError(
        'INPUT',
        `${shown} has ${(stat.size / 1024 ** 3).toFixed(1)} GiB; the limit is ${maxFileGiB} GiB`,
      );
    await using handle = await open(file, 'r');
    await handle.read(header, 0, headerBytes, 0);
  } catch (cause) {
    if (cause instanceof RdcError) throw cause;
    throw new RdcError('INPUT', `${shown} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`, {
      hint: `ls -l ${shown}`,
      cause,
    });
  }
  const parsed = parseQcow2Header(header);
  if ('virtualBytes' in parsed) return parsed.virtualBytes;
  throw new RdcError('INPUT', `${shown} ${parsed.refused}`, { hint: parsed.hint.replaceAll('FILE', shown) });
}

/** An image of others makes qemu-img neither guess its format nor take all of this machine. */
export const boundedQemuImg = ['prlimit', `--as=${4 * 1024 ** 3}`, '--cpu=900', 'qemu-img'] as const;

/** Throws INPUT when the image's own tables do not hold together; `qemu-img check` reads them all. */
export async function checkImageFile(file: string, shown: string): Promise<void> {
  const { exitCode } = await runCommand([...boundedQemuImg, 'check', '-q', '-f', 'qcow2', file], {
    timeoutMs: 300_000,
  });
  // 3: space that nothing uses was not given back; 63: this kind of check is not supported
  if ([0, 3, 63].includes(exitCode)) return;
  throw new RdcError('INPUT', `${shown} is damaged: exit code ${exitCode} of qemu-img check`, {
    hint: `qemu-img check -f qcow2 ${shown}`,
  });
}
