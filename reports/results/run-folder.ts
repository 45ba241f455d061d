import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RdcError } from '../../harness/messages/errors.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import type { Results } from './results.schema.ts';

export const outFolder = fileURLToPath(new URL('../out', import.meta.url));

/** A bundle that `rdc report` unpacked beside the runs: it may be somebody else's run of a target of the same name. */
export function isUnpackedBundle(folder: string): boolean {
  return /^bundle-[0-9a-f]{12}$/.test(basename(folder));
}

/** A path as given, the id of a run below reports/out, or the latest run. */
export function findRun(run = 'latest'): string {
  const path = [join(outFolder, run), resolve(run)].find((candidate) => existsSync(candidate));
  if (path) return path;
  throw new RdcError('INPUT', run === 'latest' ? 'there is no run yet' : `${run}: no such run, folder or file`, {
    hint: run !== 'latest' && existsSync(outFolder) ? `ls ${outFolder}` : './rdc run',
  });
}

export const resultsFileName = 'results.json';

export function writeResultsFile(folder: string, results: Results): void {
  writeFileAtomic(join(folder, resultsFileName), `${JSON.stringify(results, null, 2)}\n`);
}
