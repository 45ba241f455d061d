import { createReadStream } from 'node:fs';
import { RdcError } from '../errors.ts';
import type { Target } from '../target/target.ts';
import { dockerApi } from './api.ts';

export type FixtureImage = { readonly tarPath: string; readonly digest: string; readonly probePath: string };

let image: FixtureImage | undefined;
const loaded = new Map<string, Promise<void>>();

/** Says which image the fixture containers are made of; set once when the target is connected. */
export function useFixtureImage(value: FixtureImage): void {
  image = value;
}

/** Loads the fixture image into the target's daemon unless it has it: the same bytes on every target, no registry asked. */
export function loadFixtureImage(target: Target): Promise<void> {
  const known = loaded.get(target.name) ?? load(target);
  loaded.set(target.name, known);
  known.catch(() => loaded.delete(target.name));
  return known;
}

/** After the daemon was exchanged: what it has is not known any more. */
export function forgetLoadedImage(target: Pick<Target, 'name'>): void {
  loaded.delete(target.name);
}

async function load(target: Target): Promise<void> {
  if (!image) throw new RdcError('IMAGE', 'no fixture image was made for this run');
  const present = await dockerApi(target, 'GET', `/images/${image.digest}/json`);
  if (present.status === 200) return;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const progress = await container.dockerode.loadImage(createReadStream(image.tarPath), { quiet: true });
  let text = '';
  for await (const chunk of progress) text = (text + String(chunk)).slice(-2000);
  const after = await dockerApi(target, 'GET', `/images/${image.digest}/json`);
  if (after.status !== 200)
    throw new RdcError('IMAGE', `the daemon did not take the fixture image: ${text.slice(0, 300)}`);
}
