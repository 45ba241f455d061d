import { join } from 'node:path';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { judgedCount } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { readRun } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import type { Style } from '../wording/style.ts';
import { type FailOn, hasChanges } from './change.ts';
import { compareResults } from './compare.ts';
import type { Baseline, Baselines } from './read-baselines.ts';
import { comparisonTable } from './table.ts';

export type BaselineOptions = {
  readonly baselines: Baselines;
  readonly part?: readonly string[];
};

/** A run of a part of the suite is compared with that part: what was not asked for is not gone. */
export function compareWithBaseline({ results: base }: Baseline, results: Results, part?: readonly string[]) {
  const isOfPart = ({ id }: { readonly id: string }) => part === undefined || part.includes(id);
  const notJudged = base.notJudged?.filter(isOfPart);
  return compareResults([present({ ...base, checks: base.checks.filter(isOfPart), notJudged }), results]);
}

/** Does any target of a finished run hold a change that `failOn` names? Read from what is on disk, as the exit code is. */
export function differsFromBaseline(folder: string, { baselines, part }: BaselineOptions, failOn: FailOn): boolean {
  return readRun(folder).some(({ results }) => {
    const baseline = baselines.get(results.target.name);
    return baseline !== undefined && hasChanges(compareWithBaseline(baseline, results, part), failOn);
  });
}

/** For the summary of one target: what regressed, was fixed, is new or gone since its baseline. `folder`: of the run. */
export function baselineSummary(
  baseline: Baseline,
  results: Results,
  { part, style, folder }: { part?: readonly string[]; style: Style; folder: string },
): string {
  const { run, suite, checks } = baseline.results;
  const isOtherSuite = suite.digest !== results.suite.digest;
  const lines = [
    style.bold(`Compared with the baseline, run ${plainLine(run.id, 100)} (${judgedCount(checks)} checks judged):`),
    ...baseline.passedOver.map((line) => `  ${plainLine(line)}`),
    ...(isOtherSuite ? ['  it was judged by another state of the suite: a difference may be the suite itself'] : []),
  ];
  const table = comparisonTable(compareWithBaseline(baseline, results, part), style);
  const runs = [baseline.file, join(folder, results.target.name)].map((path) => plainLine(path, 1_000)).join(' ');
  return `${lines.join('\n')}\n${table}as page  ./rdc compare ${runs} --html FILE\n`;
}
