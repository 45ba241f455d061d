import { plainLine } from '../../harness/messages/plain-text.ts';
import { countsText } from '../wording/verdict-words.ts';
import type { Merged, MergedTarget } from './merge-runs.ts';

const maxLines = 40;

/** What was joined, a target a line. */
export function describeMerged({ targets }: Merged): string[] {
  const lines = targets
    .slice(0, maxLines)
    .flatMap((target) => [
      `${plainLine(target.name, 100)}: ${target.conformance}, ${countsText(target.ledger, target.notJudged)}${originOf(target)}`,
      ...(target.differing.length > 0
        ? [`  judged twice, differently, now flaky: ${target.differing.join(', ')}`]
        : []),
    ]);
  const more = targets.length - maxLines;
  return more > 0 ? [...lines, `and ${more} more targets`] : lines;
}

function originOf({ from, twice }: MergedTarget): string {
  if (from.length === 1) return '';
  return ` (from ${from.length} runs${twice > 0 ? `; ${twice} checks judged in more than one` : ''})`;
}
