import { chmodSync, closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cachePath } from '../../this-machine/paths.ts';

/** Where the serial console of a machine is kept on this host. */
export function consoleLogOf(name: string): string {
  return cachePath('consoles', `${name}.log`);
}

/** Makes the file before QEMU runs: libvirt gives one of its own making to root alone, and leaves the mode of another as it is. */
export function prepareConsole(name: string): void {
  const log = consoleLogOf(name);
  if (!isOurs(log)) rmSync(log, { force: true });
  closeSync(openSync(log, 'a', 0o644));
  chmodSync(log, 0o644);
}

/** Of a machine that is off: libvirt may have given the file to QEMU's user, and nothing of others is to stay in the cache. */
export function reclaimConsole(name: string): void {
  const log = consoleLogOf(name);
  if (isOurs(log)) return;
  try {
    // not copyFile: it gives the copy the same owner
    writeFileSync(`${log}.part`, readFileSync(log));
    renameSync(`${log}.part`, log);
  } catch {
    // not readable, or not there: the folder is ours
    for (const file of [log, `${log}.part`]) rmSync(file, { force: true });
  }
}

function isOurs(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.uid === process.getuid?.();
}
