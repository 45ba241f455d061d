import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { findResultsFiles, parseResults } from '../results/read-results.ts';
import { resultsFileName } from '../results/run-folder.ts';
import type { Manifest } from './manifest.schema.ts';
import { filesBeside, folderNameOf, readRunFile } from './run-files.ts';

/** A file of a bundle: its path in there, and where it lies. */
export type Packed = { readonly path: string; readonly source: string; readonly isResults: boolean };

/** All files of a run that a bundle holds. Throws INPUT when its results are not valid, or do not fit into one. */
export function collectRun(run: string): { packed: Packed[]; suite: Manifest['suite'] } {
  const packed: Packed[] = [];
  const folders = new Set<string>();
  let suite: Manifest['suite'] | undefined;
  for (const source of findResultsFiles(run)) {
    const results = parseResults(source, readRunFile(source).toString('utf8'));
    const folder = folderNameOf(results.target.name);
    const path = `${folder}/${resultsFileName}`;
    suite ??= results.suite;
    if (suite.digest !== results.suite.digest || suite.version !== results.suite.version)
      throw new RdcError('INPUT', `${run}: results of two suites, ${suite.digest} and ${results.suite.digest}`, {
        hint: 'pack them apart: ./rdc bundle RUN/TARGET',
      });
    if (folders.has(folder))
      throw new RdcError('INPUT', `${run}: two targets are called ${plainLine(folder)}`, {
        hint: 'pack them apart: ./rdc bundle RUN/TARGET',
      });
    folders.add(folder);
    packed.push({ path, source, isResults: true });
    for (const file of filesBeside(source, results))
      packed.push({ path: `${folder}/${file.path}`, source: file.source, isResults: false });
  }
  // findResultsFiles finds one or throws
  return { packed, suite: suite ?? { version: '', digest: '' } };
}
