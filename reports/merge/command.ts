import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { plainLine } from '../../harness/messages/plain-text.ts';
import type { CheckDeclaration } from '../../harness/verdicts/run-listener.ts';
import { withRuns } from '../bundle/open-bundle.ts';
import { declarationOf } from '../recording/target-record.ts';
import { countsText } from '../wording/verdict-words.ts';
import { type Merged, type MergedTarget, type MergeInput, mergeRuns, type WholeSuite } from './merge-runs.ts';

const maxLines = 40;

/** Joins runs into one folder and prints its path; what was joined is on stderr. Returns what `rdc run` would end with. */
export async function mergeCommand(options: {
  runs: readonly string[];
  out: string;
  json: boolean;
  /** the suite of this checkout, when every target owes all of it */
  whole?: { suite: WholeSuite['suite']; checks: readonly CheckDeclaration[] };
}): Promise<Merged['exitCode']> {
  const { out, json } = { ...options, out: resolve(options.out) };
  const whole = options.whole && { ...options.whole, checks: options.whole.checks.map(declarationOf) };
  const named = options.runs.map(labelOf);
  const runs = named.map(({ from }) => from);
  const merged = await withRuns(runs, (paths) =>
    mergeRuns(
      named.map((input, index): MergeInput => ({ ...input, path: paths[index] ?? input.from })),
      out,
      whole,
    ),
  );
  for (const line of describeMerged(merged)) process.stderr.write(`${line}\n`);
  process.stdout.write(json ? `${JSON.stringify({ folder: out, targets: merged.targets })}\n` : `${out}\n`);
  return merged.exitCode;
}

/** `arm=RUN` gives RUN's targets another name; a path that has such a name is a path. */
function labelOf(word: string): { from: string; label?: string } {
  const [, label, from] = /^([A-Za-z0-9][\w.-]{0,39})=(.+)$/s.exec(word) ?? [];
  return label === undefined || from === undefined || existsSync(word) ? { from: word } : { from, label };
}

function describeMerged({ targets }: Merged): string[] {
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
