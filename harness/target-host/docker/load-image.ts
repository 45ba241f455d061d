import { createReadStream } from 'node:fs';
import { type FixtureImage, fixtureImageTag } from '../../fixture-image/image.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../access/target.ts';
import { dockerApi } from './api.ts';

let image: FixtureImage | undefined;
const loaded = new Map<string, Promise<void>>();

/** Sets the image of all containers; once, when the target is connected. */
export function useFixtureImage(value: FixtureImage): void {
  image = value;
}

/** Loads the fixture image into the target's daemon unless it is there: the same bytes on every target, no registry. */
export function loadFixtureImage(target: Target): Promise<void> {
  const known = loaded.get(target.name) ?? load(target);
  loaded.set(target.name, known);
  known.catch(() => loaded.delete(target.name));
  return known;
}

/** After a change of the daemon. */
export function forgetLoadedImage(target: Pick<Target, 'name'>): void {
  loaded.delete(target.name);
}

/** testcontainers is imported when first needed: listing the checks must not wait for it. */
export async function dockerode() {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  return container.dockerode;
}

async function load(target: Target): Promise<void> {
  if (!image) throw new RdcError('IMAGE', 'no fixture image was built for this run');
  if (await isPresent(target, image)) return;
  const client = await dockerode();
  // its log says less than whether the image is there afterwards
  for await (const _ of await client.loadImage(createReadStream(image.tarPath), { quiet: true }));
  if (await isPresent(target, image)) return;
  const hint = 'is the disk of the target full? df -h; journalctl --user -u docker';
  throw new RdcError('IMAGE', 'fixture image missing after a successful load', { hint });
}

async function isPresent(target: Target, { digest, manifestDigest }: FixtureImage): Promise<boolean> {
  const answer = await dockerApi(target, 'GET', `/images/${fixtureImageTag}/json`);
  return answer.status === 200 && [digest, manifestDigest].includes(answer.json<{ Id: string }>().Id);
}
