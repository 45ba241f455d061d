import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '../plain-text.ts';
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
      const text = readHead(join(folders[column] ?? '', cell.evidence));
      if (text === undefined) continue;
      texts[`${row}.${column}`] = text;
      total += text.length;
    }
  }
  return texts;
}

function readHead(file: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    // a results file that travelled without its folder
    return undefined;
  }
  try {
    const buffer = Buffer.alloc(maxChars * 4);
    return plainText(buffer.toString('utf8', 0, readSync(handle, buffer)), maxChars);
  } finally {
    closeSync(handle);
  }
}
