import { Readable } from 'node:stream';
import { type TarEntry, writeTar } from '../../fixture-image/tar.ts';
import type { Target } from '../access/target.ts';
import { dockerode } from './load-image.ts';

/** Makes an image of one layer, which the caller removes. Null when the daemon took it, else the daemon's words. */
export async function importImage(target: Target, repo: string, entries: readonly TarEntry[]): Promise<string | null> {
  const client = await dockerode();
  const names = entries.map(({ path }) => path).join(' ');
  const note = (outcome: string) => target.note(`import of ${repo}:1 with ${names}: ${outcome}`);
  try {
    const progress = await client.importImage(Readable.from([await writeTar(entries)]), { repo, tag: '1' });
    let text = '';
    for await (const chunk of progress) text = `${text}${chunk}`.slice(0, 65_536);
    const refusal = refusalInProgress(text);
    note(refusal ?? 'taken');
    return refusal;
  } catch (error) {
    const { statusCode = 0, message } = error as { statusCode?: number; message: string };
    if (statusCode < 400) throw error;
    note(message);
    return message;
  }
}

/** The daemon answers 200 before it unpacks: its progress, one JSON a line, says what went wrong. */
export function refusalInProgress(text: string): string | null {
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const { error } = JSON.parse(line) as { error?: string };
    if (error !== undefined) return error;
  }
  return null;
}
