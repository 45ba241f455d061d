import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryHint, unwritableError } from '../../harness/this-machine/writable-path.ts';
import { Mask, type MaskCounts } from '../anonymize/mask.ts';
import { parseResults } from '../results/read-results.ts';
import type { Packed } from './collect-run.ts';
import { readRunFile } from './run-files.ts';

export type MaskedFiles = { readonly packed: readonly Packed[]; readonly replaced: MaskCounts };

/** The same files with names and addresses replaced, written to a folder. */
export function maskFiles(files: readonly Packed[], hide: readonly string[], folder: string): MaskedFiles {
  const mask = new Mask(hide);
  // results first: the user and the host under test are user-1 and host-1
  for (const isResults of [true, false]) {
    for (const file of files.filter((one) => one.isResults === isResults))
      mask.learn(readRunFile(file.source), isResults);
  }
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
