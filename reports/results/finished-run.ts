import type { Level } from '../../harness/verdicts/verdict.ts';
import { exitCodeOf } from './conformance.ts';
import { readRun } from './read-results.ts';
import type { Results } from './results.schema.ts';

export function exitCodeOfRun(folder: string, gate: readonly Level[]): 0 | 1 | 3 {
  return exitCodeOf(resultsOfRun(folder), gate);
}

export function resultsOfRun(folder: string): Results[] {
  return readRun(folder).map(({ results }) => results);
}
