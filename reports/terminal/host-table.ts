import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCheck, judgedCount } from '../results/conformance.ts';
import type { Results } from '../results/results.schema.ts';
import { countsText } from '../wording/verdict-words.ts';

const order = ['not reached', 'inconclusive', 'non-conformant', 'conformant'] as const;

/** Many hosts, the worst first, and how many of each. */
export function hostTable(all: readonly Results[]): string[] {
  const unsorted = all.map(hostRow);
  const rows = order.flatMap((state) => unsorted.filter(([, found]) => found === state));
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const counts = order.toReversed().flatMap((state) => {
    const count = rows.filter(([, found]) => found === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return [...lines, `${all.length} hosts: ${counts.join(', ')}`];
}

/** Name, verdict, and what a person wants to know of it: what failed, or why nothing could be judged. */
export function hostRow(results: Results): [name: string, verdict: string, what: string] {
  const { target, conformance, incomplete, ledger, notJudged = [] } = results;
  const failed = everyCheck(results).filter(({ verdict, waiver }) => verdict === 'fail' && waiver === undefined);
  const names =
    failed.length === 0
      ? ''
      : `: ${failed
          .slice(0, 6)
          .map(({ id }) => id)
          .join(' ')}`;
  const more = failed.length > 6 ? ` and ${failed.length - 6} more` : '';
  const counts = `${countsText(ledger, notJudged.length)}${names}${more}`;
  const isReached = judgedCount(results.checks) > 0;
  const what = isReached ? counts : plainLine(incomplete ?? counts, 200);
  return [plainLine(target.name, 100), isReached ? conformance : 'not reached', what];
}
