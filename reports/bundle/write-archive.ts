import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { sealOf } from './seal.ts';

export type ArchiveFile = { readonly path: string; readonly content: Buffer };

/** Writes a sealed `.tar.gz` that depends on the files alone: no time, no owner. Returns its digest in hex. */
export async function writeArchive(file: string, files: Iterable<ArchiveFile>): Promise<string> {
  const tar = pack();
  const digest = createHash('sha256');
  const writing = pipeline(
    tar,
    createGzip({ level: 6 }),
    async function* seal(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
      const end = sealOf(digest.copy().digest('hex'));
      digest.update(end);
      yield end;
    },
    createWriteStream(file, { flags: 'wx', mode: 0o644, flush: true }),
  );
  // when the writing fails, the filling is left where it waits
  await Promise.all([writing, fill(tar, files)]);
  return digest.digest('hex');
}

async function fill(tar: Pack, files: Iterable<ArchiveFile>): Promise<void> {
  try {
    for (const { path, content } of files) await addEntry(tar, path, content);
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** Settles when the archive has taken the content, so that a slow disk holds the reading back. */
function addEntry(tar: Pack, name: string, content: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const header = { name, size: content.length, mode: 0o644, mtime: new Date(0), type: 'file' } as const;
  const entry = tar.entry(header, (error) => (error ? reject(error) : resolve()));
  // of an archive that cannot be written, whose own error is told by its writing
  entry.on('error', reject);
  entry.end(content);
  return promise;
}
