import { plainText } from '../../harness/messages/plain-text.ts';
import { readEvidence } from '../results/read-evidence.ts';
import type { Comparison } from './compare.ts';

const maxChars = 6_000;
const maxTotalChars = 8_000_000;

/** The evidence of every verdict that differs from its base or is red, by `row.column`; bounded, since it all goes into one page. */
export function differingEvidence(
  { checks }: Comparison,
  folders: readonly string[],
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  let total = 0;
  for (const [row, { cells, changes }] of checks.entries()) {
    for (const [column, cell] of cells.entries()) {
      const isOfInterest = cell?.verdict === 'fail' || cell?.verdict === 'error' || changes[column] !== 'same';
      if (cell?.evidence === undefined || !isOfInterest || total > maxTotalChars) continue;
      // a results file may have travelled without its folder
      const evidence = readEvidence(folders[column] ?? '', cell.evidence);
      if (evidence === undefined) continue;
      const text = plainText(evidence, maxChars);
      texts[`${row}.${column}`] = text;
      total += text.length;
    }
  }
  return texts;
}
