import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RdcError('REPORT', `cannot write ${path}: ${why}`, { hint: `df -h ${folder}`, cause });
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
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${written}.tmp`);
  try {
    writeAndSync(temporary, text);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    forget(temporary);
    throw cause;
  }
}

function forget(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // below a file there is none; what keeps it from going is what kept it from being written
  }
}

function writeAndSync(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o644);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
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
