import type { JudgedCheck } from '../results/results.schema.ts';

/**
 * What became of a check, from the base to another run or host. `lost` passed there and is not judged here (skipped,
 * blocked, in error): what vanishes quietly is worse than what fails. `gone` and `new` are not there in one of the two.
 */
export type Change = 'same' | 'regressed' | 'lost' | 'fixed' | 'flaky' | 'changed' | 'new' | 'gone';

/** The order in which changes matter to somebody who reads from the top. */
export const changesByWeight: readonly Change[] = [
  'regressed',
  'lost',
  'flaky',
  'gone',
  'changed',
  'fixed',
  'new',
  'same',
];

export const changeWords: Readonly<Record<Change, string>> = {
  regressed: 'fails now, did not before',
  lost: 'passed before, is not judged now',
  flaky: 'gave different answers in one run',
  gone: 'was in the base and is not here',
  changed: 'another verdict',
  fixed: 'failed before, passes now',
  new: 'was not in the base',
  same: 'the same verdict',
};

/** Changes that a pipeline with `--fail-on regression` stops at. */
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

/** What `--fail-on` names. */
export type FailOn = 'regression' | 'difference';

/** Does any row hold a change that `failOn` names? */
export function hasChanges(
  { checks }: { readonly checks: readonly { readonly changes: readonly Change[] }[] },
  failOn: FailOn,
): boolean {
  return checks.some(({ changes }) =>
    changes.some((change) => (failOn === 'difference' ? change !== 'same' : regressions.includes(change))),
  );
}
