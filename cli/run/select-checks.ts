import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { didYouMean } from '../../harness/messages/nearest-name.ts';
import type { Selection } from '../options/options.ts';
import { usageError } from '../options/values.ts';

/** The checks that `--suite`, `--check` and `--level` select. An unknown name is an error: it would judge nothing. */
export function selectChecks(
  all: readonly DeclaredCheck[],
  { suite, check: asked, level }: Selection,
): readonly DeclaredCheck[] {
  const areas = [...new Set(all.map((check) => check.area))];
  const unknownSuite = suite?.find((area) => !areas.includes(area));
  if (unknownSuite !== undefined)
    throw unknownCheck(
      `unknown suite '${unknownSuite}'; allowed: ${areas.join(', ')}${didYouMean(unknownSuite, areas)}`,
    );
  const ids = all.map((check) => check.id);
  const wanted = asked?.map((id) => id.toUpperCase());
  const unknown = wanted?.filter((id) => !ids.includes(id)) ?? [];
  if (unknown.length > 0) throw unknownCheck(`unknown check ${unknown.join(', ')}${didYouMean(unknown[0] ?? '', ids)}`);
  const selected = all.filter(
    (check) =>
      (suite?.includes(check.area) ?? true) &&
      (wanted?.includes(check.id) ?? true) &&
      (level?.includes(check.level) ?? true),
  );
  if (selected.length === 0) throw usageError('no check matches --suite, --check and --level together', './rdc list');
  return selected;
}

function unknownCheck(what: string): RdcError {
  return new RdcError('UNKNOWN_CHECK', what, { hint: './rdc list' });
}
