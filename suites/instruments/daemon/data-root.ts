import { quoteWord, type ReadableTarget, type Target } from '../../../harness/checks/index.ts';
import { daemonProcess } from './process.ts';

/**
 * Where the daemon keeps its data, by the database of volumes that it holds open (what /info says is a claim);
 * null when it holds none.
 */
export async function dataRoot(target: ReadableTarget): Promise<string | null> {
  const { pid } = await daemonProcess(target);
  const { stdout } = await target.root.shell(`find /proc/${pid}/fd -lname '*/volumes/metadata.db' -printf '%l\\n'`);
  return /^(\/.*)\/volumes\/metadata\.db$/m.exec(stdout)?.[1] ?? null;
}

/** A file or directory of an image's layer on the host's disk, by its name; null when there is none. */
export async function findInDataRoot(target: Target, name: string): Promise<string | null> {
  const root = await dataRoot(target);
  if (root === null) return null;
  const { stdout } = await target.root.shell(`find ${quoteWord(root)} -name ${quoteWord(name)} -print -quit`);
  return stdout.trim() || null;
}
