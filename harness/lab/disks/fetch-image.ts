import { createWriteStream } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { RdcError } from '../../messages/errors.ts';
import { maxFileGiB } from './qcow2.ts';

const downloadWithinMs = 3_600_000;

/** Copies an image (`file://` or `https://`) to `to`. Throws BOX with what to do when it cannot be had. */
export async function fetchImage(url: string, to: string): Promise<void> {
  try {
    if (url.startsWith('file:')) return await copyFile(fileURLToPath(url), to);
    const response = await fetch(url, { signal: AbortSignal.timeout(downloadWithinMs) });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), atMost(maxFileGiB * 1024 ** 3), createWriteStream(to));
  } catch (cause) {
    const { code, message, cause: deeper } = cause as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
    throw new RdcError('BOX', `cannot fetch ${url}: ${deeper?.code ?? code ?? message}`, {
      hint: 'download the file yourself, then ./rdc run NAME --image FILE --sha256 HASH',
      cause,
    });
  }
}

function atMost(limit: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(new Error(`larger than ${limit / 1024 ** 3} GiB`));
      else done(null, chunk);
    },
  });
}
