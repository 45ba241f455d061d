import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Results } from '../results/results.schema.ts';
import { writeResultsFile } from '../results/run-folder.ts';

/** Files of a target by their paths below its folder. */
export type BesideResults = Readonly<Record<string, string | Buffer>>;

/** A run folder in the temporary directory with these targets. */
export function runFolderOf(...targets: readonly (readonly [Results, BesideResults?])[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-run-'));
  for (const [results, files = {}] of targets) {
    const ofTarget = join(folder, results.target.name);
    mkdirSync(ofTarget, { recursive: true });
    writeResultsFile(ofTarget, results);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(ofTarget, path)), { recursive: true });
      writeFileSync(join(ofTarget, path), content);
    }
  }
  return folder;
}
