import { Readable } from 'node:stream';
import { type TarEntry, writeTar } from '../../fixture-image/tar.ts';
import type { Target } from '../access/target.ts';

export type { TarEntry } from '../../fixture-image/tar.ts';

/**
 * Makes an image of one layer, as `docker import` does: `importImage(target, 'rdc/owned', [{ path: 'f', mode: 0o644,
 * content: '', owner: 65_536 }])`. Null when the daemon took it, else the daemon's words. The caller removes it.
 */
export async function importImage(target: Target, repo: string, entries: readonly TarEntry[]): Promise<string | null> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const names = entries.map(({ path }) => path).join(' ');
  try {
    const progress = await container.dockerode.importImage(Readable.from([await writeTar(entries)]), {
      repo,
      tag: '1',
    });
    let text = '';
    for await (const chunk of progress) text = `${text}${chunk}`.slice(0, 65_536);
    const refusal = refusalInProgress(text);
    target.note(`import of ${repo}:1 with ${names}: ${refusal ?? 'taken'}`);
    return refusal;
  } catch (error) {
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode === undefined || statusCode < 400) throw error;
    target.note(`import of ${repo}:1 with ${names}: ${message}`);
    return message;
  }
}

/** Pure: the daemon answers 200 before it unpacks and says in its progress, one JSON a line, what went wrong. */
export function refusalInProgress(text: string): string | null {
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const { error } = JSON.parse(line) as { error?: string };
    if (error !== undefined) return error;
  }
  return null;
}
