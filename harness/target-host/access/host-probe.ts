import { readFileSync } from 'node:fs';
import type { FixtureImage } from '../../fixture-image/image.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Executor } from '../transport/executor.ts';
import type { ExecOptions } from '../transport/transport.ts';
import { refuseChange } from './read-only.ts';
import type { Target } from './target.ts';

const paths = new Map<Target['name'], Promise<string>>();
let image: FixtureImage | undefined;

/** Sets the image of all containers, whose probe also goes to the host; once, when the target is connected. */
export function useFixtureImage(value: FixtureImage): void {
  image = value;
}

export function fixtureImage(): FixtureImage {
  if (image) return image;
  throw new RdcError('IMAGE', 'no fixture image was built for this run');
}

/** After a reboot, which empties /tmp. */
export function forgetProbe(target: Pick<Target, 'name'>): void {
  paths.delete(target.name);
}

/** Path of the static probe on the host, where it is uploaded at first use: a host may lack any client. */
export function probePath(target: Target): Promise<string> {
  refuseChange(target, 'uploading a helper');
  const known = paths.get(target.name) ?? upload(target);
  paths.set(target.name, known);
  known.catch(() => paths.delete(target.name));
  return known;
}

/** One observation on the host: `hostProbe(target, target.root, ['open', '/dev/ttyS1', 'rw'])`. */
export async function hostProbe<T>(
  target: Target,
  as: Executor,
  args: readonly string[],
  options?: ExecOptions,
): Promise<T> {
  const { code, stdout } = await as.exec([await probePath(target), ...args], options);
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
  } catch (cause) {
    throw new RdcError('COMMAND', `probe ${args.join(' ')} gave no answer on the host (exit code ${code})`, { cause });
  }
}

export function probeProgram(): Buffer {
  return readFileSync(fixtureImage().probePath);
}

async function upload(target: Target): Promise<string> {
  const script =
    'd=$(mktemp -d /tmp/rdc.XXXXXX) && chmod 755 "$d" && base64 -d > "$d/probe" && chmod 755 "$d/probe" && echo "$d/probe"';
  const { code, stdout } = await target.shell(script, { stdin: probeProgram().toString('base64') });
  if (code !== 0) throw new RdcError('COMMAND', 'cannot upload the helper to /tmp of the target');
  return stdout.trim();
}
