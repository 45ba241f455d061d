import { createReadStream } from 'node:fs';
import { fixtureImageTag } from '../../fixture-image/image.ts';
import { RdcError } from '../../messages/errors.ts';
import { fixtureImage } from '../access/host-probe.ts';
import type { Target } from '../access/target.ts';
import { dockerApi } from './api.ts';

const loaded = new Map<string, Promise<void>>();

/** Loads the fixture image into the target's daemon unless it is there: the same bytes on every target, no registry. */
export function loadFixtureImage(target: Target): Promise<void> {
  const known = loaded.get(target.name) ?? load(target);
  loaded.set(target.name, known);
  known.catch(() => loaded.delete(target.name));
  return known;
}

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
  if (await isPresent(target)) return;
  const client = await dockerode();
  // its log says less than whether the image is there afterwards
  for await (const _ of await client.loadImage(createReadStream(fixtureImage().tarPath), { quiet: true }));
  if (await isPresent(target)) return;
  const hint = 'is the disk of the target full? df -h; journalctl --user -u docker';
  throw new RdcError('IMAGE', 'fixture image missing after a successful load', { hint });
}

async function isPresent(target: Target): Promise<boolean> {
  const { digest, manifestDigest } = fixtureImage();
  const answer = await dockerApi(target, 'GET', `/images/${fixtureImageTag}/json`);
  return answer.status === 200 && [digest, manifestDigest].includes(answer.json<{ Id: string }>().Id);
}
