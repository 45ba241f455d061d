import { type Dirent, existsSync, lstatSync, readdirSync, type Stats, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gib, sizeText } from '../../messages/quantities.ts';
import { cacheRoot } from '../../this-machine/paths.ts';

/** A machine with its snapshot takes 2 GiB, a release's box three copies of 1 GiB: all four machines fit twice. */
export const cacheLimitBytes = 40 * gib;
/** What a first run of one more machine needs at its peak, twice. */
export const freeLimitBytes = 10 * gib;

/** Allocated bytes of a file or of a folder with all in it; symbolic links are not followed. 0 where there is none. */
export function diskUsage(path: string): number {
  const stats = look(path);
  if (!stats) return 0;
  const own = stats.blocks * 512;
  if (!stats.isDirectory()) return own;
  return entriesOf(path).reduce((sum, { name }) => sum + diskUsage(join(path, name)), own);
}

/** Undefined where there is nothing, or nothing that one may look at. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** The entries of a folder; none where it is missing or may not be read. */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

export type DiskState = { readonly cacheBytes: number; readonly freeBytes: number };

export function diskState(): DiskState {
  const root = cacheRoot();
  // where the cache is to be, it would be on the disk of what is there
  let folder = resolve(root);
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return { cacheBytes: diskUsage(root), freeBytes: bavail * bsize };
}

/** Pure: one line when a limit is passed, with the numbers and what to do; else undefined. */
export function diskWarning({ cacheBytes, freeBytes }: DiskState): string | undefined {
  if (cacheBytes <= cacheLimitBytes && freeBytes >= freeLimitBytes) return undefined;
  const cache = `the cache holds ${sizeText(cacheBytes)} (limit ${sizeText(cacheLimitBytes)})`;
  const free = `${sizeText(freeBytes)} free on its disk (wanted ${sizeText(freeLimitBytes)})`;
  return `disk: ${cache}, ${free}; ./rdc clean --dry-run lists what is unused`;
}
