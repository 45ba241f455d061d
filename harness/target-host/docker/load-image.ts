import { createReadStream } from 'node:fs';
import { type FixtureImage, fixtureImageTag } from '../../fixture-image/image.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../access/target.ts';
import { dockerApi } from './api.ts';

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
  if (!image) throw new RdcError('IMAGE', 'no fixture image was built for this run');
  if (await isPresent(target, image)) return;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const progress = await container.dockerode.loadImage(createReadStream(image.tarPath), { quiet: true });
  // the daemon answers with its log; what it has afterwards decides
  for await (const _ of progress);
  if (await isPresent(target, image)) return;
  throw new RdcError('IMAGE', 'fixture image missing after a successful load', {
    hint: 'is the disk of the target full? df -h; journalctl --user -u docker',
  });
}

async function isPresent(target: Target, { digest, manifestDigest }: FixtureImage): Promise<boolean> {
  const answer = await dockerApi(target, 'GET', `/images/${fixtureImageTag}/json`);
  if (answer.status !== 200) return false;
  const { Id } = answer.json<{ Id: string }>();
  return Id === digest || Id === manifestDigest;
}
