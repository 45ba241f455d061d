import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { plainText } from '../../harness/messages/plain-text.ts';

const maxBytes = 512 * 1024;

/** Evidence as text. The path may be somebody else's: nothing outside the target's folder is read, by whatever link. */
export function readEvidence(folder: string, path: string): string | undefined {
  try {
    const file = realpathSync(join(folder, path));
    // a pipe or a device would be waited for
    if (!file.startsWith(realpathSync(folder) + sep) || !statSync(file).isFile()) return undefined;
    const head = readHead(file);
    return plainText(head, head.length);
  } catch {
    return undefined;
  }
}

function readHead(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(maxBytes + 1);
    const length = readSync(handle, buffer);
    const text = buffer.toString('utf8', 0, Math.min(length, maxBytes));
    return length > maxBytes ? `${text}\n… (cut at ${maxBytes} bytes)` : text;
  } finally {
    closeSync(handle);
  }
}
