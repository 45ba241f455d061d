import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sep } from 'node:path';

/** File systems of a kernel's own making: nobody writes a file of theirs to keep it. */
const virtual =
  /^(proc|sysfs|devpts|devtmpfs|cgroup2?|securityfs|debugfs|tracefs|bpf|mqueue|pstore|configfs|hugetlbfs|fusectl|binfmt_misc|rpc_pipefs|nsfs|autofs|efivarfs)$/;

/** Pure: mount points of the file systems that hold files, from `/proc/self/mounts`. */
export function mountsWithFiles(mounts: string): string[] {
  const rows = mounts.split('\n').map((line) => line.split(' '));
  return rows
    .filter(([, place, type]) => place !== undefined && type !== undefined && !virtual.test(type))
    .map(([, place = '']) =>
      place.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}

/**
 * Everything on this machine whose status changed since, in ms since the epoch, also by another process: files,
 * and folders in which something was made or removed.
 */
export function changedSince(sinceMs: number): string[] {
  const roots = mountsWithFiles(readFileSync('/proc/self/mounts', 'utf8'));
  const words = [...roots, '-xdev', '-newerct', `@${(sinceMs / 1000).toFixed(3)}`, '-print0'];
  // what goes away while find looks makes it end with 1
  const text = findText(words);
  return [...new Set(text.split('\0').filter(Boolean))].sort();
}

function findText(words: readonly string[]): string {
  try {
    return execFileSync('find', words, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    const { stdout } = error as { stdout?: unknown };
    if (typeof stdout === 'string' && stdout !== '') return stdout;
    throw error;
  }
}

/** Pure: those that lie in none of the places. */
export function outsideOf(paths: readonly string[], places: readonly string[]): string[] {
  return paths.filter((path) => !places.some((place) => path === place || path.startsWith(place + sep)));
}
