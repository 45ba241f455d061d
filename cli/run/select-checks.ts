import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { CommonOptions } from '../options/options.ts';

/** The checks that `--suite`, `--check` and `--level` leave. A name that exists nowhere is an error: it would judge nothing. */
export function selectChecks(
  all: readonly DeclaredCheck[],
  { suites, checks, levels }: Pick<CommonOptions, 'suites' | 'checks' | 'levels'>,
): readonly DeclaredCheck[] {
  const areas = [...new Set(all.map((check) => check.area))];
  const unknownSuite = suites?.find((suite) => !areas.includes(suite));
  if (unknownSuite !== undefined) {
    throw new RdcError('UNKNOWN_CHECK', `no suite is called "${unknownSuite}"; there are ${areas.join(', ')}`, {
      hint: './rdc list',
    });
  }
  const ids = all.map((check) => check.id);
  const wanted = checks?.map((id) => id.toUpperCase());
  const unknown = wanted?.filter((id) => !ids.includes(id)) ?? [];
  if (unknown.length > 0) {
    throw new RdcError('UNKNOWN_CHECK', `no check is called ${unknown.join(', ')}${nearest(unknown[0] ?? '', ids)}`, {
      hint: './rdc list',
    });
  }
  const selected = all.filter(
    (check) =>
      (suites?.includes(check.area) ?? true) &&
      (wanted?.includes(check.id) ?? true) &&
      (levels?.includes(check.level) ?? true),
  );
  if (selected.length === 0) throw new RdcError('USAGE', 'the options leave no check to judge', { hint: './rdc list' });
  return selected;
}

/** A name that shares the first letters, for a slip of the finger. */
function nearest(wanted: string, ids: readonly string[]): string {
  const upper = wanted.toUpperCase();
  const close = ids.filter((id) => id.includes(upper) || id.startsWith(upper.slice(0, 5)));
  return close.length === 0 ? '' : `; did you mean ${close.slice(0, 3).join(', ')}?`;
}
