import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { RdcError } from '../../harness/messages/errors.ts';
import { bundleLimits } from './manifest.ts';

// A gzip member with no content and a comment (RFC 1952): every tar and gzip reads over it. The digest of all bytes
// before it makes a change anywhere show, also in what the files' own digests do not cover (headers, padding).
const head = Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff]);
const tail = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const sealBytes = head.length + 'sha256:'.length + 64 + 1 + tail.length;

export function sealOf(digest: string): Buffer {
  return Buffer.concat([head, Buffer.from(`sha256:${digest}\0`, 'latin1'), tail]);
}

/** `sha256`: of the whole file. Throws INPUT when it is no bundle, was cut off, or is not as it was written. */
export async function checkSeal(file: string): Promise<{ contentBytes: number; sha256: string }> {
  const { size } = statSync(file);
  if (size > bundleLimits.archiveBytes) {
    throw new RdcError('INPUT', `${file}: ${size} bytes, the limit of a bundle is ${bundleLimits.archiveBytes}`);
  }
  const contentBytes = size - sealBytes;
  if (contentBytes <= 0) throw broken(file);
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file, { end: contentBytes - 1 })) digest.update(chunk);
  const seal = await buffer(createReadStream(file, { start: contentBytes, end: size - 1 }));
  if (!seal.equals(sealOf(digest.copy().digest('hex')))) throw broken(file);
  return { contentBytes, sha256: digest.update(seal).digest('hex') };
}

function broken(file: string): RdcError {
  return new RdcError('INPUT', `${file}: not a bundle of rdc, or it was changed or cut off after it was packed`, {
    hint: `get it again from where it was packed (./rdc bundle RUN), then: ./rdc bundle --verify ${file}`,
  });
}
