import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { systemErrorText } from '../messages/error-text.ts';

/**
 * The content of a regular file of at most `limitBytes`. Whatever else a name can stand for is not read: a pipe that nobody
 * writes to is waited for, and a device has no end. Throws an Error that says why (`not a regular file`) and not of which file.
 */
export function readRegularFile(file: string, limitBytes: number): Buffer {
  let handle: number | undefined;
  try {
    // a look before: to open a device may do something to it
    requireRegular(statSync(file), limitBytes);
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    requireRegular(fstatSync(handle), limitBytes);
    return readFileSync(handle);
  } catch (cause) {
    throw new Error(systemErrorText(cause), { cause });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function requireRegular(stats: Stats, limitBytes: number): void {
  if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'a folder' : 'not a regular file');
  if (stats.size > limitBytes) throw new Error(`${stats.size} bytes, the limit is ${limitBytes}`);
}
