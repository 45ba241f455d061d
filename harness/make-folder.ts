import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
