import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemErrorText } from '../messages/error-text.ts';
import { RdcError } from '../messages/errors.ts';

/** Of a system call: what no other name mends. */
const isDiskError = (error: unknown) =>
  error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EIO'].includes(String(error.code));

/** What was thrown; where a disk of this host is full, that in words: REPORT. */
export function explainFullDisk(error: unknown): unknown {
  if (!isDiskError(error)) return error;
  return new RdcError('REPORT', `a disk of this host cannot be written: ${systemErrorText(error)}`, {
    hint: 'df -h   # of --out (reports/out), of XDG_CACHE_HOME (~/.cache) and of TMPDIR (/tmp)',
    cause: error,
  });
}

/** The error of a named place that cannot be written: INPUT, since another one would do; REPORT where the disk is full. */
export function unwritableError(place: string, cause: unknown, hint: string): RdcError {
  const isDisk = isDiskError(cause);
  return new RdcError(isDisk ? 'REPORT' : 'INPUT', `cannot write ${place}: ${systemErrorText(cause)}`, {
    hint: isDisk ? `df -h ${dirname(place)}` : hint,
    cause,
  });
}

/** Makes the folder where it is missing, and tries whether something can be put into it. Throws as `unwritableError` says. */
export function requireFolder(folder: string, hint: string): void {
  try {
    makeFolder(folder);
    // access(2) says yes to root where nothing can be made: in /proc
    rmdirSync(mkdtempSync(join(folder, '.rdc-')));
  } catch (cause) {
    throw unwritableError(folder, cause, hint);
  }
}

export const temporaryHint = 'TMPDIR=DIR, a folder that can be written; by default it is /tmp';

/** A new folder below TMPDIR (/tmp). Throws as `unwritableError` says. */
export function temporaryFolder(prefix: string): string {
  const begin = join(tmpdir(), prefix);
  try {
    return mkdtempSync(begin);
  } catch (cause) {
    throw unwritableError(begin, cause, temporaryHint);
  }
}

/** Throws INPUT where something stands that is no file: it would be in the way, or be replaced by one (/dev/null). */
export function refuseOccupied(file: string, hint: string): void {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats && !stats.isFile()) throw stats.isDirectory() ? 'it is a folder' : 'it is not a regular file';
  } catch (cause) {
    throw unwritableError(file, cause, hint);
  }
}

/**
 * `mkdir -p`. Not Node's own: where the kernel says ENOENT of a folder whose parent is there, as in /proc, that one asks
 * again and again and never ends. Throws the error of the system call.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // another process was quicker
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
    }
  }
  // says what is in the way where it is no folder
  if (!statSync(path).isDirectory()) mkdirSync(path);
}
