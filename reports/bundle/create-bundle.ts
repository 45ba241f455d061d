import { createHash } from 'node:crypto';
import { renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { scratch } from '../../harness/this-machine/scratch.ts';
import { refuseOccupied, temporaryFolder, unwritableError } from '../../harness/this-machine/writable-path.ts';
import type { MaskCounts } from '../anonymize/mask.ts';
import {
  bundleLimits,
  type Manifest,
  type ManifestFile,
  manifestName,
  manifestVersion,
  parseManifest,
} from './manifest.ts';
import { collectRun, maskFiles, type Packed, readRunFile } from './run-files.ts';
import { signFile } from './signature.ts';
import { type ArchiveFile, writeArchive } from './write-archive.ts';

export type BundleOptions = {
  readonly out: string;
  /** names and addresses are replaced; `hide` are names that no rule would find */
  readonly anonymous?: { readonly hide: readonly string[] };
  /** private key to sign with: the signature is `<out>.sig` */
  readonly key?: string;
};

type Bundle = { readonly manifest: Manifest; readonly sha256: string; readonly replaced?: MaskCounts };

export const outHint = '--out FILE: a file in a folder that is there and can be written';
const fewerHint = 'pack fewer targets: ./rdc bundle RUN/TARGET';

/**
 * Packs a run folder, a target's folder or a results file. The same input gives the same bytes (with the same release of
 * Node). What was at `out` is replaced when everything is written, and signed if asked; before that nothing is touched.
 */
export async function createBundle(run: string, options: BundleOptions): Promise<Bundle> {
  const { packed, suite } = collectRun(run);
  if (options.anonymous === undefined) return await pack(packed, { run, suite, anonymous: false }, options);
  const folder = temporaryFolder('rdc-anonymous-');
  using _ = scratch(folder);
  const masked = maskFiles(packed, options.anonymous.hide, folder);
  return { ...(await pack(masked.packed, { run, suite, anonymous: true }, options)), replaced: masked.replaced };
}

type About = { readonly run: string } & Pick<Manifest, 'suite' | 'anonymous'>;

async function pack(packed: readonly Packed[], { run, ...about }: About, options: BundleOptions): Promise<Bundle> {
  const ordered = packed.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const targets = [...new Set(ordered.map(({ path }) => path.split('/', 1)[0] ?? ''))];
  const files = ordered.map((file) => describe(file.path, readRunFile(file.source)));
  const manifest: Manifest = { bundle: manifestVersion, ...about, targets, files };
  const text = JSON.stringify(manifest);
  try {
    // what a reader would refuse is not written
    parseManifest(text);
    const bytes = Buffer.byteLength(text);
    if (bytes > bundleLimits.manifestBytes) throw new Error(`a manifest of ${bytes} bytes`);
  } catch (cause) {
    throw new RdcError('INPUT', `${run}: cannot be packed: ${messageOf(cause)}`, { cause, hint: fewerHint });
  }
  const sha256 = await place(options, (temporary) => writeArchive(temporary, archiveFiles(text, manifest, ordered)));
  return { manifest, sha256 };
}

function describe(path: string, content: Buffer): ManifestFile {
  return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

function* archiveFiles(text: string, { files }: Manifest, ordered: readonly Packed[]): Generator<ArchiveFile> {
  yield { path: manifestName, content: Buffer.from(text) };
  for (const [index, { path, source }] of ordered.entries()) {
    const content = readRunFile(source);
    if (describe(path, content).sha256 !== files[index]?.sha256)
      throw new RdcError('INPUT', `${source}: it changes while it is packed`, { hint: 'wait until the run has ended' });
    yield { path, content };
  }
}

async function place({ out, key }: BundleOptions, write: (temporary: string) => Promise<string>): Promise<string> {
  // both before anything is written: an archive is not to be replaced beside a signature that cannot be
  for (const file of [out, `${out}.sig`]) refuseOccupied(file, outHint);
  const temporary = join(dirname(out), `.${basename(out)}.${process.pid}.tmp`);
  using _ = scratch(temporary);
  try {
    const sha256 = await write(temporary);
    const { size } = statSync(temporary);
    if (size > bundleLimits.archiveBytes) {
      const what = `an archive of ${size} bytes, the limit is ${bundleLimits.archiveBytes}`;
      throw new RdcError('INPUT', what, { hint: fewerHint });
    }
    const signature = key === undefined ? undefined : await signFile(temporary, key);
    renameSync(temporary, out);
    // a signature of what was there before says nothing of this archive
    if (signature === undefined) rmSync(`${out}.sig`, { force: true });
    else writeFileAtomic(`${out}.sig`, signature);
    return sha256;
  } catch (cause) {
    throw cause instanceof RdcError ? cause : unwritableError(out, cause, outHint);
  }
}

export function describeBundle(bundle: Bundle): string[] {
  const { targets, files, bytes, suite, anonymous, sha256, replaced } = bundleSummary(bundle);
  const shown = targets.slice(0, 8).map((name) => plainLine(name, 100));
  const more = targets.length > shown.length ? ` and ${targets.length - shown.length} more` : '';
  const lines = [
    `targets: ${shown.join(', ')}${more}`,
    `suite: ${plainLine(suite.version)} ${plainLine(suite.digest)}`,
    `files: ${files}, ${bytes} bytes unpacked`,
  ];
  const counts = Object.entries(replaced ?? {}).map(([what, count]) => `${count} ${what}`);
  if (replaced) lines.push(`replaced: ${counts.join(', ')}`);
  else if (anonymous) lines.push('anonymous: names and addresses were replaced');
  return [...lines, `sha256:${sha256}`];
}

export function bundleSummary({ manifest, sha256, replaced }: Bundle) {
  const { suite, anonymous, targets, files } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { sha256, suite, anonymous, targets, files: files.length, bytes, ...(replaced ? { replaced } : {}) };
}
