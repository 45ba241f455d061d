import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { suiteIdentity } from '../../harness/checks/suite-identity.ts';
import { withRuns } from '../../reports/bundle/open-bundle.ts';
import { describeMerged, type MergeInput, mergeRuns } from '../../reports/merge/merge-runs.ts';
import { declarationOf } from '../../reports/recording/target-record.ts';
import { withVersion } from '../contracts/outputs.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { json } from '../options/options.ts';
import { print, say } from '../options/output.ts';

const notes = [
  'Results of different targets are placed side by side. Results of one target are joined where its facts are the same: the shards of a run. A check that was judged twice keeps the worst verdict; where the verdicts differ it is flaky, with both in its reason.',
  'One target with other facts is refused. Give one run a name: with arm=RUN2, its targets are called arm-<target>.',
  'Exit codes: those of a run with these results (0, 1 or 3); 2 the runs do not fit together, or DIR cannot be written. DIR is written completely or not at all.',
];

const declared = declare('merge', 'Joins runs of several machines, jobs or shards into one run.', {
  examples: ['merge RUN1 RUN2 --out all', 'merge RUN1 arm=RUN2 --out all'],
  notes,
})
  .argument('<runs...>', 'run folders, results files and bundles, all of one suite')
  .requiredOption('--out <dir>', 'the new run folder; empty, or not there yet')
  .option(
    '--whole',
    'every target owes all checks of this checkout: one that is in no run (a lost shard) is "never judged", and its target inconclusive',
  )
  .addOption(json);

/** `rdc merge`: several runs become one. Resolves to the exit code that such a run has. */
export const command = defineCommand(declared, async ([runs], options) => {
  const out = resolve(options.out);
  const whole = options.whole ? { suite: suiteIdentity(), checks: (await loadChecks()).map(declarationOf) } : undefined;
  const named = runs.map(labelOf);
  const words = named.map(({ from }) => from);
  const merged = await withRuns(words, (paths) => {
    const inputs = named.map((input, index): MergeInput => ({ ...input, path: paths[index] ?? input.from }));
    return mergeRuns(inputs, out, whole);
  });
  for (const line of describeMerged(merged)) say(line);
  print(options.json ? JSON.stringify(withVersion('merge', { folder: out, targets: merged.targets })) : out);
  return merged.exitCode;
});

/** `arm=RUN` gives RUN's targets another name; a path that has such a name is a path. */
function labelOf(word: string): { from: string; label?: string } {
  const [, label, from] = /^([A-Za-z0-9][\w.-]{0,39})=(.+)$/s.exec(word) ?? [];
  return label === undefined || from === undefined || existsSync(word) ? { from: word } : { from, label };
}
