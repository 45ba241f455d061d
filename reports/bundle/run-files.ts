import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { unreadable } from '../../harness/this-machine/checked-json.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import type { Results } from '../results/results.schema.ts';
import { resultsFileName } from '../results/run-folder.ts';
import { bundleLimits, isPathPart } from './manifest.schema.ts';
import { isConsoleLog } from './parse-manifest.ts';

/** A file of one target: `path` below the target's folder with `/`, `source` where it lies. */
export type RunFile = { readonly path: string; readonly source: string };

/**
 * What of a target's folder goes along beside results.json: consoles and evidence, sorted. What is made from those
 * (JUnit, Allure) is made again. A results file by another name has no folder of its own: of what lies around it only the
 * evidence that it names is taken. Throws INPUT on anything but regular files.
 */
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

/** A whole file, bounded. Throws INPUT. */
export function readRunFile(file: string): Buffer {
  try {
    return readRegularFile(file, bundleLimits.fileBytes);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** A folder for a target: its name, with what no folder can be called replaced. */
export function folderNameOf(target: string): string {
  const name = target.replace(/[/\\\p{Cc}\p{Cf}]/gu, '_').slice(0, 60);
  return isPathPart(name) ? name : '_';
}
