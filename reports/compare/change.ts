import type { JudgedCheck } from '../results/results.schema.ts';

/** What became of a check, from the base to another run or host; the order is that in which a reader wants them. */
const changeWords = {
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

/** Two times of one host: it regressed or was fixed. Two hosts: neither was before the other, they differ. */
export const shownWords = {
  ...changeWords,
  differs: 'another verdict than on the host it is compared with',
  missing: 'the other host has this check, this one does not',
  'only here': 'the host it is compared with does not have this check',
} as const;

export type ShownChange = keyof typeof shownWords;

const order: readonly ShownChange[] = [
  ...changesByWeight.filter((change) => change !== 'new' && change !== 'same'),
  'differs',
  'missing',
  'new',
  'only here',
  'same',
];

const betweenHosts: Readonly<Record<Change, ShownChange>> = {
  regressed: 'differs',
  lost: 'differs',
  changed: 'differs',
  fixed: 'differs',
  gone: 'missing',
  new: 'only here',
  flaky: 'flaky',
  same: 'same',
};

type Columns = readonly { readonly target: string; readonly provider?: string; readonly base: number }[];

export function shownChangesOf(changes: readonly Change[], columns: Columns): ShownChange[] {
  return changes.map((change, index) => {
    const column = columns[index];
    const base = columns[column?.base ?? -1];
    // a VM and a container of one name are two hosts
    const isSameHost = column !== undefined && base?.target === column.target && base.provider === column.provider;
    return isSameHost ? change : betweenHosts[change];
  });
}

export function shownChangeOf({ changes }: { readonly changes: readonly Change[] }, columns: Columns): ShownChange {
  const shown = shownChangesOf(changes, columns);
  return order.find((change) => shown.includes(change)) ?? 'same';
}

/** The rows of each change that a reader is to see, the worst first. */
export function rowsByChange<Row extends { readonly changes: readonly Change[] }>(
  rows: readonly Row[],
  columns: Columns,
): [ShownChange, Row[]][] {
  const groups = Map.groupBy(rows, (row) => shownChangeOf(row, columns));
  return order.flatMap((change): [ShownChange, Row[]][] => {
    const same = groups.get(change);
    return same === undefined || change === 'same' ? [] : [[change, same]];
  });
}

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
