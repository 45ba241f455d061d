import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LockOwner, parseLock, thisOwner } from './locks.ts';
import { cachePath, cacheRoot } from './paths.ts';
import { isAlive } from './process-identity.ts';

/** A run under way or dead, of any checkout; `file` is its entry in the cache, `folder` where it writes. */
type RunEntry = { readonly file: string; readonly owner: LockOwner | undefined; readonly folder: string };

/** Says that this process writes a run into `folder`: `rdc clean` leaves it alone until the process ends. */
export function holdRun(folder: string): void {
  const owner = thisOwner();
  const file = cachePath('runs', `${owner.pid}-${owner.startTime}.json`);
  writeFileSync(file, JSON.stringify({ ...owner, folder: resolve(folder) }));
  process.once('exit', () => rmSync(file, { force: true }));
}

export function runEntries(): RunEntry[] {
  const runs = join(cacheRoot(), 'runs');
  return globSync('*', { cwd: runs }).map((name) => readEntry(join(runs, name)));
}

function readEntry(file: string): RunEntry {
  try {
    const text = readFileSync(file, 'utf8');
    const owner = parseLock(text);
    const folder = String((owner && JSON.parse(text).folder) ?? '');
    return { file, owner: owner && isAlive(owner) ? owner : undefined, folder };
  } catch {
    return { file, owner: undefined, folder: '' };
  }
}
