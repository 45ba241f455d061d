import { RdcError } from '../../harness/messages/errors.ts';
import { writeNamedFile } from '../../harness/this-machine/atomic-write.ts';
import { readRun } from '../results/read-results.ts';
import { findRun } from '../results/run-folder.ts';
import { type FailOn, hasChanges } from './change.ts';
import { compareResults } from './compare.ts';
import { differingEvidence } from './differing-evidence.ts';
import { comparisonPage } from './page.ts';
import { comparisonTable } from './table.ts';

export type CompareOptions = {
  readonly runs: readonly string[];
  readonly html?: string;
  readonly json: boolean;
  readonly color: boolean;
  readonly failOn?: FailOn;
};

/** Prints the comparison, writes the page if asked, and says whether it holds what `failOn` names. */
export function compareCommand(options: CompareOptions): boolean {
  const results = options.runs.flatMap((run) => readRun(findRun(run)));
  if (results.length < 2) {
    throw new RdcError(
      'USAGE',
      `a comparison takes at least two results, ${options.runs.join(', ')} has ${results.length}`,
      {
        hint: './rdc compare RUN1 RUN2',
      },
    );
  }
  const comparison = compareResults(results.map((run) => run.results));
  if (options.html !== undefined) {
    const evidence = differingEvidence(
      comparison,
      results.map(({ folder }) => folder),
    );
    const hint = '--html FILE: a file in a folder that is there and can be written';
    writeNamedFile(options.html, comparisonPage(comparison, evidence), hint);
  }
  process.stdout.write(
    options.json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonTable(comparison, options.color),
  );
  return options.failOn !== undefined && hasChanges(comparison, options.failOn);
}
