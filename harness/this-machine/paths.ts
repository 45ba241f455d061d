import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeFolder, unwritableError } from './writable-path.ts';

export const checkout: string = resolve(import.meta.dirname, '..', '..');

/** `${XDG_CACHE_HOME:-~/.cache}/rdc`: everything that outlives a run and is shared by all checkouts. */
export function cacheRoot(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rdc');
}

/** Where Vagrant works for a machine that is made from a cloud image; see image-machine.ts. */
export function imageMachineFolder(name: string): string {
  return join(cacheRoot(), 'image-machines', name);
}

/** A path in the cache whose folder exists. Throws INPUT where there can be none. */
export function cachePath(...parts: string[]): string {
  const path = join(cacheRoot(), ...parts);
  try {
    makeFolder(dirname(path), 0o700);
  } catch (cause) {
    throw unwritableError(
      dirname(path),
      cause,
      'XDG_CACHE_HOME=DIR, a folder that can be written; by default it is ~/.cache',
    );
  }
  return path;
}
