import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Machine } from '../../harness/lab/catalog/machines.ts';
import { recipeNames } from '../../harness/lab/catalog/recipes.ts';
import { readImageFile } from '../../harness/lab/disks/image-file.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import type { RdcError } from '../../harness/messages/errors.ts';
import type { ImageOptions } from '../options/options.ts';
import { usageError } from '../options/values.ts';

/**
 * The machine that `--image FILE` stands for: one of its own, named by TARGET or by the file, or an entry of
 * machines.json whose image the file takes the place of. Throws USAGE or INPUT; nothing is written.
 */
export async function imageMachine(words: readonly string[], options: ImageOptions): Promise<Machine> {
  const file = resolve(options.image ?? '');
  if (words.length > 1) throw usage(`--image makes one machine (got: ${words.join(' ')})`, options);
  const name = words[0] ?? nameOf(file);
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) {
    const allowed = 'a-z, 0-9 and -, at most 41 characters';
    throw usage(`${JSON.stringify(name)} is not a valid machine name; allowed: ${allowed}`, options);
  }
  const entry = knownMachines().machines.find((one) => one.name === name);
  if (entry && entry.box.image === undefined)
    throw usage(`${name} is another machine of vms/machines.json: choose another name for this image`, options);
  const recipe = recipeOf(options, entry);
  const said = options.sha256 === undefined ? undefined : { sha256: options.sha256, by: '--sha256' };
  const { sha256 } = await readImageFile(file, said);
  return {
    cpus: entry?.cpus ?? 2,
    memoryMiB: entry?.memoryMiB ?? 2048,
    serialPorts: entry?.serialPorts ?? 2,
    ...(entry?.kernelArgs !== undefined && { kernelArgs: entry.kernelArgs }),
    name,
    box: { image: pathToFileURL(file).href, sha256 },
    provision: { channel: entry?.provision.channel ?? 'distro', recipe },
    verified: false,
  };
}

/** `--recipe` and `--sha256` describe an image. */
export function refuseImageOptions({ recipe, sha256 }: ImageOptions): void {
  const stray = recipe !== undefined ? '--recipe' : sha256 !== undefined ? '--sha256' : undefined;
  if (stray !== undefined)
    throw usageError(`${stray} needs --image FILE`, './rdc run --image FILE.qcow2 --recipe debian');
}

function recipeOf(options: ImageOptions, entry: Machine | undefined): string {
  const { recipe } = options;
  const names = recipeNames();
  if (recipe !== undefined && names.includes(recipe)) return `rootless-${recipe}`;
  if (recipe === undefined && entry) return entry.provision.recipe;
  const what = recipe === undefined ? '--recipe is missing' : `unknown recipe ${JSON.stringify(recipe)}`;
  throw usage(`${what}; allowed: ${names.join(', ')}`, options);
}

/** `/iso/Debian 14.qcow2` gives `image-debian-14`: the same for every build of a release, so that runs compare. */
function nameOf(file: string): string {
  const stem = basename(file).replace(/\.[a-z0-9]{1,5}$/i, '');
  const words = stem
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `image-${words}`.slice(0, 41).replace(/-$/, '');
}

function usage(what: string, { image }: Pick<ImageOptions, 'image'>): RdcError {
  return usageError(what, `./rdc run my-release --image ${image} --recipe debian`);
}
