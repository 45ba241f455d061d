import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { Selection } from '../options/options.ts';

/** The checks that `--suite`, `--check` and `--level` select. An unknown name is an error: it would judge nothing. */
export function selectChecks(
  all: readonly DeclaredCheck[],
  { suite, check: asked, level }: Selection,
): readonly DeclaredCheck[] {
  const areas = [...new Set(all.map((check) => check.area))];
  const unknownSuite = suite?.find((area) => !areas.includes(area));
  if (unknownSuite !== undefined) {
    throw new RdcError('UNKNOWN_CHECK', `unknown suite '${unknownSuite}'; allowed: ${areas.join(', ')}`, {
      hint: './rdc list',
    });
  }
  const ids = all.map((check) => check.id);
  const wanted = asked?.map((id) => id.toUpperCase());
  const unknown = wanted?.filter((id) => !ids.includes(id)) ?? [];
  if (unknown.length > 0) {
    throw new RdcError('UNKNOWN_CHECK', `unknown check ${unknown.join(', ')}${nearest(unknown[0] ?? '', ids)}`, {
      hint: './rdc list',
    });
  }
  const selected = all.filter(
    (check) =>
      (suite?.includes(check.area) ?? true) &&
      (wanted?.includes(check.id) ?? true) &&
      (level?.includes(check.level) ?? true),
  );
  if (selected.length === 0)
    throw new RdcError('USAGE', 'no check matches --suite, --check and --level together', { hint: './rdc list' });
  return selected;
}

/** Names that share the first letters, for a typo. */
function nearest(wanted: string, ids: readonly string[]): string {
  const upper = wanted.toUpperCase();
  const close = ids.filter((id) => id.includes(upper) || id.startsWith(upper.slice(0, 5)));
  return close.length === 0 ? '' : `; did you mean ${close.slice(0, 3).join(', ')}?`;
}
