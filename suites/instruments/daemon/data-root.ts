import { quoteWord, type ReadableTarget, type Target } from '../../../harness/checks/index.ts';
import { daemonProcess } from './process.ts';

/** By the volume database that the daemon holds open, not by /info. */
export async function dataRoot(target: ReadableTarget): Promise<string | null> {
  const { pid } = await daemonProcess(target);
  const { stdout } = await target.root.shell(`find /proc/${pid}/fd -lname '*/volumes/metadata.db' -printf '%l\\n'`);
  return /^(\/.*)\/volumes\/metadata\.db$/m.exec(stdout)?.[1] ?? null;
}

export async function findInDataRoot(target: Target, name: string): Promise<string | null> {
  const root = await dataRoot(target);
  if (root === null) return null;
  const { stdout } = await target.root.shell(`find ${quoteWord(root)} -name ${quoteWord(name)} -print -quit`);
  return stdout.trim() || null;
}
