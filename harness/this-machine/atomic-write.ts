import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../messages/error-text.ts';
import { RdcError } from '../messages/errors.ts';
import { makeFolder, refuseOccupied, unwritableError } from './writable-path.ts';

let written = 0;

/** Replaces a file so that a reader, or a kill at any moment, meets the old text or the new one and nothing between. */
export function writeFileAtomic(path: string, text: string): void {
  const folder = dirname(path);
  try {
    makeFolder(folder);
    replaceFile(path, text);
  } catch (cause) {
    throw new RdcError('REPORT', `cannot write ${path}: ${messageOf(cause)}`, { hint: `df -h ${folder}`, cause });
  }
}

/** The same for a file that somebody named, in a folder that is there; throws INPUT when another name would do. */
export function writeNamedFile(path: string, text: string, hint: string): void {
  refuseOccupied(path, hint);
  try {
    replaceFile(existsSync(path) ? realpathSync(path) : path, text);
  } catch (cause) {
    throw unwritableError(path, cause, hint);
  }
}

function replaceFile(path: string, text: string): void {
  written += 1;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${written}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o644, flush: true });
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // below a file there is none; what keeps it from going is what kept it from being written
    }
    throw cause;
  }
}

// The rename itself is on disk only when its folder is.
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
