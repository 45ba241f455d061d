import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { unreadable } from '../../harness/this-machine/checked-json.ts';
import { scratch } from '../../harness/this-machine/scratch.ts';
import {
  requireFolder,
  temporaryFolder,
  temporaryHint,
  unwritableError,
} from '../../harness/this-machine/writable-path.ts';
import { parseResults } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { findRun, resultsFileName } from '../results/run-folder.ts';
import { type OnFile, type ReadBundle, readArchive } from './read-archive.ts';

/** Whether a path is a file that is compressed by gzip; results files are text. Throws INPUT where that cannot be read. */
export function isBundle(path: string): boolean {
  let handle: number | undefined;
  try {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    handle = openSync(path, 'r');
    const magic = Buffer.alloc(2);
    readSync(handle, magic);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Checks a whole bundle, its results too; `onFile` gets each file when it is checked. Throws INPUT. */
export async function readBundle(file: string, onFile: OnFile = () => {}): Promise<ReadBundle> {
  const suites = new Map<string, Results['suite']>();
  const bundle = await readArchive(file, (path, content) => {
    if (path.endsWith(`/${resultsFileName}`) && path.split('/').length === 2)
      suites.set(path, parseResults(path, content.toString('utf8')).suite);
    onFile(path, content);
  });
  const { suite } = bundle.manifest;
  for (const [path, { version, digest }] of suites) {
    if (version !== suite.version || digest !== suite.digest)
      throw new RdcError('INPUT', `${file}: ${path} is of another suite than the manifest says`);
  }
  return bundle;
}

async function unpackBundle(file: string, folder: string): Promise<ReadBundle> {
  return await readBundle(file, (path, content) => {
    const to = join(folder, path);
    try {
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, content, { flag: 'wx' });
    } catch (cause) {
      throw unwritableError(folder, cause, temporaryHint);
    }
  });
}

/** Runs `work` with the runs' paths. Bundles are unpacked for as long as that takes; errors name them, not the folder. */
export async function withRuns<T>(
  runs: readonly string[],
  work: (paths: readonly string[]) => T | Promise<T>,
): Promise<T> {
  const unpacked = new Map<string, string>();
  using folders = new DisposableStack();
  using _ = leaveInOrder();
  try {
    const paths = runs.map((run) => findRun(run));
    for (const [index, path] of paths.entries()) {
      if (!isBundle(path)) continue;
      const folder = temporaryFolder('rdc-bundle-');
      folders.use(scratch(folder));
      unpacked.set(folder, runs[index] ?? path);
      await unpackBundle(path, folder);
      paths[index] = folder;
    }
    return await work(paths);
  } catch (error) {
    throw inTermsOfBundles(error, unpacked);
  }
}

/** Ctrl-C and SIGTERM end the process in order, so that what is only for a while is removed. */
function leaveInOrder(): Disposable {
  const leave = () => process.exit(exitCodes.interrupted);
  process.once('SIGINT', leave).once('SIGTERM', leave);
  return { [Symbol.dispose]: () => void process.off('SIGINT', leave).off('SIGTERM', leave) };
}

function inTermsOfBundles(error: unknown, unpacked: ReadonlyMap<string, string>): unknown {
  // a full disk is no matter of what is in a bundle
  if (!(error instanceof RdcError) || error.code === 'REPORT') return error;
  let { message, hint = '' } = error;
  for (const [folder, run] of unpacked) {
    message = message.replaceAll(folder, run);
    // what the hint names is gone when it is read
    if (hint.includes(folder)) hint = `unpack it: ./rdc merge ${run} --out DIR`;
  }
  if (message === error.message && hint === (error.hint ?? '')) return error;
  return new RdcError(error.code, message.replace(/^\[\w+\] /, ''), { cause: error, ...(hint && { hint }) });
}

/** A path that stays: of a bundle, the run folder `<parent>/bundle-<digest>` that it was unpacked into. */
export async function keepRun(path: string, parent: string): Promise<string> {
  if (!isBundle(path)) return path;
  const temporary = join(parent, `.bundle.${process.pid}.tmp`);
  requireFolder(temporary, `unpack it elsewhere: ./rdc merge ${path} --out DIR; ./rdc report DIR`);
  using _ = scratch(temporary);
  const { sha256 } = await unpackBundle(path, temporary);
  const folder = join(parent, `bundle-${sha256.slice(0, 12)}`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
  return folder;
}
