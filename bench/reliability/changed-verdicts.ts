import type { Results } from '../../reports/results/results.schema.ts';

/** Checks that had more than one verdict over runs of the same machine; one that a run did not judge had `none`. Pure. */
export function changedVerdicts(
  runs: readonly Pick<Results, 'checks'>[],
): { readonly id: string; readonly verdicts: readonly string[] }[] {
  const ids = [...new Set(runs.flatMap(({ checks }) => checks.map(({ id }) => id)))];
  return ids
    .map((id) => ({ id, verdicts: runs.map(({ checks }) => checks.find((one) => one.id === id)?.verdict ?? 'none') }))
    .filter(({ verdicts }) => new Set(verdicts).size > 1);
}
