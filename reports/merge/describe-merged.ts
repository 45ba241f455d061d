import { plainLine } from '../../harness/messages/plain-text.ts';
import { countsText } from '../wording/verdict-words.ts';
import type { Merged, MergedTarget } from './merge-runs.ts';

const maxTargets = 40;

export function describeMerged({ targets }: Merged): string[] {
  const lines = targets.slice(0, maxTargets).flatMap(targetLines);
  if (targets.length > maxTargets) lines.push(`and ${targets.length - maxTargets} more targets`);
  return lines;
}

function targetLines({ name, conformance, ledger, notJudged, from, twice, differing }: MergedTarget): string[] {
  const both = twice > 0 ? `; ${twice} checks judged in more than one` : '';
  const origin = from.length === 1 ? '' : ` (from ${from.length} runs${both})`;
  const line = `${plainLine(name, 100)}: ${conformance}, ${countsText(ledger, notJudged)}${origin}`;
  return differing.length > 0 ? [line, `  judged twice, differently, now flaky: ${differing.join(', ')}`] : [line];
}
