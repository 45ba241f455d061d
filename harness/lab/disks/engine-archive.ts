import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Entry, extract } from 'tar-stream';
import { plainLine } from '../../messages/plain-text.ts';
import { folderName, programName } from './engine-layout.ts';

const maxBytes = 4 * 1024 ** 3;

/** Unpacks the programs of an archive into an empty folder, and nothing else. Throws an error that says why not, without the archive's name. */
export async function unpackEngine(archive: string, folder: string): Promise<void> {
  const entries = extract();
  const input = createReadStream(archive);
  const feeding = isGzip(archive) ? pipeline(input, createGunzip(), entries) : pipeline(input, entries);
  // it may fail while an entry is being written, before anybody waits for it
  feeding.catch(() => {});
  let total = 0;
  try {
    for await (const entry of entries) {
      total += entry.header.size ?? 0;
      if (total > maxBytes) throw new Error(`it unpacks to more than ${maxBytes / 1024 ** 3} GiB`);
      await unpackEntry(entry, folder);
    }
    await feeding;
  } catch (error) {
    // the pipeline fails with whatever stopped the loop: said once
    await feeding.catch(() => {});
    const { code = '', message } = error as NodeJS.ErrnoException;
    const isGarbage = code.startsWith('Z_') || /invalid tar|unexpected end of data/i.test(message);
    throw isGarbage ? new Error(`it is no whole tar or tar.gz archive: ${plainLine(message, 100)}`) : error;
  }
}

async function unpackEntry(entry: Entry, folder: string): Promise<void> {
  const { name, type } = entry.header;
  const shown = plainLine(name, 200);
  const parts = name
    .replace(/^(\.\/)+/, '')
    .replace(/\/+$/, '')
    .split('/');
  if (name.startsWith('/') || parts.includes('..')) throw new Error(`it has a path that leads out of it: ${shown}`);
  if (type !== 'directory' && type !== 'file')
    throw new Error(`it has a ${type} and not only files and folders: ${shown}`);
  const program = parts.at(-1) ?? '';
  const isProgram = type === 'file' && parts.length <= 2 && programName.test(program);
  const isOfEngine = parts.length === 1 || folderName.test(parts[0] ?? '');
  if (isProgram && isOfEngine)
    await pipeline(entry, createWriteStream(join(folder, program), { flags: 'wx', mode: 0o755 }));
  else entry.resume();
}

function isGzip(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(2);
    readSync(handle, head, 0, 2, 0);
    return head.equals(Buffer.from([0x1f, 0x8b]));
  } finally {
    closeSync(handle);
  }
}
