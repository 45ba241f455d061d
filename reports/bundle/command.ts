import { realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { refuseOccupied } from '../../harness/this-machine/writable-path.ts';
import { findRun } from '../results/run-folder.ts';
import { type Bundle, createBundle, outHint } from './create-bundle.ts';
import { isBundle, readBundle, withRuns } from './open-bundle.ts';
import { type SignatureToCheck, signCommand, verifySignature } from './signature.ts';

export type BundleCommand = {
  readonly run?: string;
  readonly out?: string;
  readonly anonymous?: { readonly hide: readonly string[] };
  readonly key?: string;
  readonly json: boolean;
};

/** Packs a run (default: the latest); prints the archive's path, and on stderr what is in it and how to sign it. */
export async function bundleCommand({ run = 'latest', json, ...options }: BundleCommand): Promise<void> {
  const out = resolve(options.out ?? defaultName(run, options.anonymous !== undefined));
  refuseOccupied(out, outHint);
  const { anonymous, key } = options;
  const bundle = await withRuns([run], ([path = run]) =>
    createBundle(path, { out, ...(anonymous ? { anonymous } : {}), ...(key === undefined ? {} : { key }) }),
  );
  process.stderr.write(`${describeBundle(bundle).join('\n')}\n`);
  if (key === undefined) process.stderr.write(`sign it: ${signCommand(out)}\n`);
  else process.stderr.write(`signed: ${out}.sig\n`);
  process.stdout.write(json ? `${JSON.stringify({ file: out, ...summaryOf(bundle) })}\n` : `${out}\n`);
}

/** Checks that a bundle is as it was packed, and by whom it was signed; throws INPUT when not. */
export async function verifyBundleCommand(options: {
  file: string;
  signature?: SignatureToCheck;
  json: boolean;
}): Promise<void> {
  const { file, signature, json } = options;
  if (!statSync(file, { throwIfNoEntry: false }))
    throw new RdcError('INPUT', `${file}: no such file`, { hint: 'ls *.tar.gz' });
  if (!isBundle(file)) throw new RdcError('INPUT', `${file}: not a bundle of rdc`, { hint: './rdc bundle RUN' });
  const bundle = await readBundle(file);
  // the bytes first: ssh-keygen is only to say whose they are
  const signer = signature && (await verifySignature(file, signature));
  const signed = signer === undefined ? 'not signed: nobody vouches for it' : `signed by ${signer}`;
  if (json) process.stdout.write(`${JSON.stringify({ file, ...summaryOf(bundle), signer: signer ?? null })}\n`);
  else process.stdout.write(`${[`${file}: as it was packed`, ...describeBundle(bundle), signed].join('\n')}\n`);
}

function describeBundle({ manifest, sha256, replaced }: Bundle): string[] {
  const { targets, files, suite, anonymous } = manifest;
  const shown = targets.slice(0, 8).map((name) => plainLine(name, 100));
  const counts = replaced && Object.entries(replaced).map(([what, count]) => `${count} ${what}`);
  return [
    `targets: ${shown.join(', ')}${targets.length > shown.length ? ` and ${targets.length - shown.length} more` : ''}`,
    `suite: ${plainLine(suite.version)} ${plainLine(suite.digest)}`,
    `files: ${files.length}, ${bytesOf(manifest)} bytes unpacked`,
    ...(counts
      ? [`replaced: ${counts.join(', ')}`]
      : anonymous
        ? ['anonymous: names and addresses were replaced']
        : []),
    `sha256:${sha256}`,
  ];
}

function summaryOf({ manifest, sha256, replaced }: Bundle) {
  const { suite, anonymous, targets, files } = manifest;
  return {
    sha256,
    suite,
    anonymous,
    targets,
    files: files.length,
    bytes: bytesOf(manifest),
    ...(replaced ? { replaced } : {}),
  };
}

function bytesOf({ files }: Bundle['manifest']): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** `<run>.tar.gz` in the current folder. The name of an anonymous one must not say what the archive hides. */
function defaultName(run: string, isAnonymous: boolean): string {
  const path = realpathSync(findRun(run));
  const name = basename(path).replace(/(\.tar\.gz|\.tgz|\.json)$/, '');
  if (!isAnonymous) {
    if (!isBundle(path)) return `${name}.tar.gz`;
    throw new RdcError('USAGE', `${run} is a bundle already`, {
      hint: `./rdc bundle ${run} --anonymous, or --out FILE`,
    });
  }
  const runId = /^\d{4}-\d\d-\d\dT[\dZ-]+-[0-9a-f]{4}$/.test(name) ? name : 'run';
  return `${runId}-anonymous.tar.gz`;
}
