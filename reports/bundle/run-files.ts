import { lstatSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { unreadable } from '../../harness/this-machine/checked-json.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import { temporaryHint, unwritableError } from '../../harness/this-machine/writable-path.ts';
import { Mask } from '../anonymize/mask.ts';
import { findResultsFiles, parseResults, readResultsFile } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { resultsFileName } from '../results/run-folder.ts';
import { bundleLimits, isConsoleLog, isPathPart } from './manifest.ts';

/** `path`: below the target's folder, or in a bundle, with `/`; `source`: where the file lies. */
export type RunFile = { readonly path: string; readonly source: string };

export type Packed = RunFile & { readonly isResults: boolean };

/** All files of a run that a bundle holds. Throws INPUT when its results are not valid, or do not fit into one. */
export function collectRun(run: string): { packed: Packed[]; suite: Results['suite'] } {
  const packed: Packed[] = [];
  const folders = new Set<string>();
  let suite: Results['suite'] = { version: '', digest: '' };
  const refused = (why: string) =>
    new RdcError('INPUT', `${run}: ${why}`, { hint: 'pack them apart: ./rdc bundle RUN/TARGET' });
  for (const source of findResultsFiles(run)) {
    const results = readResultsFile(source);
    const folder = folderNameOf(results.target.name);
    if (folders.size === 0) suite = results.suite;
    if (suite.digest !== results.suite.digest || suite.version !== results.suite.version)
      throw refused(`results of two suites, ${suite.digest} and ${results.suite.digest}`);
    if (folders.has(folder)) throw refused(`two targets are called ${plainLine(folder)}`);
    folders.add(folder);
    packed.push({ path: `${folder}/${resultsFileName}`, source, isResults: true });
    for (const file of filesBeside(source, results))
      packed.push({ path: `${folder}/${file.path}`, source: file.source, isResults: false });
  }
  return { packed, suite };
}

export function maskFiles(files: readonly Packed[], hide: readonly string[], folder: string) {
  const mask = new Mask(hide);
  // results first: the user and the host under test are user-1 and host-1
  for (const { source, isResults } of files.toSorted((a, b) => Number(b.isResults) - Number(a.isResults)))
    mask.learn(readRunFile(source), isResults);
  const packed = files.map((file, index): Packed => {
    const masked = mask.apply(file.path, readRunFile(file.source), file.isResults);
    // a pseudonym may be longer than the name: what a reader would refuse is not packed
    if (file.isResults) parseResults(`${masked.path}, with names replaced`, masked.content.toString('utf8'));
    const source = join(folder, String(index));
    try {
      writeFileSync(source, masked.content);
    } catch (cause) {
      throw unwritableError(folder, cause, temporaryHint);
    }
    return { ...file, path: masked.path, source };
  });
  return { packed, replaced: mask.counts() };
}

/** Consoles and evidence. Beside a results file by another name only the evidence that it names is taken. Throws INPUT. */
export function filesBeside(resultsFile: string, results: Results): RunFile[] {
  const folder = dirname(resultsFile);
  const paths =
    basename(resultsFile) === resultsFileName
      ? [...readdirSync(folder).filter(isConsoleLog), ...pathsBelow(folder, 'evidence')]
      : results.checks.flatMap(({ evidence }) => evidence ?? []).filter((path) => path.startsWith('evidence/'));
  return [...new Set(paths)]
    .sort()
    .map((path) => ({ path, source: join(folder, path) }))
    .filter((file) => isRegular(folder, file));
}

function isRegular(folder: string, { path, source }: RunFile): boolean {
  const stats = lstatSync(source, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  const isInside = realpathSync(source).startsWith(`${realpathSync(folder)}${sep}`);
  if (!stats.isFile() || !isInside || !path.split('/').every(isPathPart))
    throw new RdcError('INPUT', `${source}: not a regular file of the run, and only those are taken along`);
  return true;
}

function pathsBelow(folder: string, path: string): string[] {
  if (!lstatSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? pathsBelow(folder, `${path}/${entry.name}`) : [`${path}/${entry.name}`],
  );
}

export function readRunFile(file: string): Buffer {
  try {
    return readRegularFile(file, bundleLimits.fileBytes);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

export function folderNameOf(target: string): string {
  const name = target.replace(/[/\\\p{Cc}\p{Cf}]/gu, '_').slice(0, 60);
  return isPathPart(name) ? name : '_';
}
