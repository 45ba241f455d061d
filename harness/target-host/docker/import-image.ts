import { Readable } from 'node:stream';
import { writeLayeredArchive } from '../../fixture-image/oci-archive.ts';
import { type TarEntry, writeTar } from '../../fixture-image/tar.ts';
import type { Target } from '../access/target.ts';
import { dockerode } from './load-image.ts';

/** Makes an image of one layer, which the caller removes. Null when the daemon took it, else the daemon's words. */
export async function importImage(target: Target, repo: string, entries: readonly TarEntry[]): Promise<string | null> {
  const names = entries.map(({ path }) => path).join(' ');
  const tar = await writeTar(entries);
  return await taken(target, `import of ${repo}:1 with ${names}`, async () =>
    (await dockerode()).importImage(Readable.from([tar]), { repo, tag: '1' }),
  );
}

/** The same of several layers, the lowest first: `loadLayers(target, 'rdc/two:1', [[...], [...]])`. */
export async function loadLayers(
  target: Target,
  tag: string,
  layers: readonly (readonly TarEntry[])[],
): Promise<string | null> {
  const arch = target.facts.host.architecture === 'aarch64' ? 'arm64' : 'amd64';
  const { tar } = await writeLayeredArchive({ arch, tag, layers });
  return await taken(target, `load of ${tag} with ${layers.length} layers`, async () =>
    (await dockerode()).loadImage(Readable.from([tar]), { quiet: true }),
  );
}

async function taken(
  target: Target,
  what: string,
  send: () => Promise<AsyncIterable<unknown>>,
): Promise<string | null> {
  const note = (outcome: string) => target.note(`${what}: ${outcome}`);
  try {
    let text = '';
    for await (const chunk of await send()) text = `${text}${chunk}`.slice(0, 65_536);
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
