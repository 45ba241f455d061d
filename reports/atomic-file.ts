import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RdcError } from '../harness/errors.ts';
import { makeFolder } from '../harness/make-folder.ts';

let written = 0;

/** Replaces a file so that a reader, or a kill at any moment, meets the old text or the new one and nothing between. */
export function writeFileAtomic(path: string, text: string): void {
  written += 1;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${written}.tmp`);
  try {
    makeFolder(folder);
    writeAndSync(temporary, text);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RdcError('REPORT', `cannot write ${path}: ${why}`, { hint: `df -h ${folder}`, cause });
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
