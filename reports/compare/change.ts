import type { JudgedCheck } from '../results/results.schema.ts';

/** What became of a check, from the base to another run or host; the order is that in which a reader wants them. */
export const changeWords = {
  regressed: 'fails now, did not before',
  lost: 'passed before, is not judged now',
  flaky: 'gave different answers in one run',
  gone: 'was in the base and is not here',
  changed: 'another verdict',
  fixed: 'failed before, passes now',
  new: 'was not in the base',
  same: 'the same verdict',
} as const;

export type Change = keyof typeof changeWords;

export const changesByWeight = Object.keys(changeWords) as readonly Change[];

export type FailOn = 'regression' | 'difference';

/** What vanishes quietly is worse than what fails: it counts as a regression as well. */
const regressions: readonly Change[] = ['regressed', 'lost', 'gone'];

type Cell = Pick<JudgedCheck, 'verdict' | 'finding' | 'flaky'> | undefined;

export function changeOf(base: Cell, other: Cell): Change {
  if (base === undefined) return other === undefined ? 'same' : 'new';
  if (other === undefined) return 'gone';
  if (base.flaky || other.flaky) return 'flaky';
  if (base.verdict === other.verdict) return base.finding === other.finding ? 'same' : 'changed';
  if (other.verdict === 'fail') return 'regressed';
  if (base.verdict === 'pass') return 'lost';
  return base.verdict === 'fail' && other.verdict === 'pass' ? 'fixed' : 'changed';
}

export function worstChange(changes: readonly Change[]): Change {
  return changesByWeight.find((change) => changes.includes(change)) ?? 'same';
}

export function hasChanges(
  { checks }: { readonly checks: readonly { readonly changes: readonly Change[] }[] },
  failOn: FailOn,
): boolean {
  return checks.some(({ changes }) =>
    changes.some((change) => (failOn === 'difference' ? change !== 'same' : regressions.includes(change))),
  );
}
