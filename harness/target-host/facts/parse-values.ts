/** `' 1024\n'` is 1024; anything that is not one non-negative decimal number is null. */
export function numberOf(text: string | undefined): number | null {
  const trimmed = text?.trim() ?? '';
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}

export function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** A path or the first line that a program says of its version. */
const maxValueChars = 500;

/** Lines `key value` become a record; `key -` is null. */
export function memberOf(text: string): Record<string, string | null> {
  const members = text.split('\n').flatMap((line) => {
    const [, key, value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    const known = value === '-' || value === '' ? null : value.slice(0, maxValueChars);
    return key === undefined ? [] : [[key, known] as const];
  });
  // fromEntries makes a member of `__proto__` like of any other key
  return Object.fromEntries(members);
}

/**
 * The ranges that subuid(5) gives a user, by name or by numeric UID, in file order. A line that shadow's
 * helpers would not take (no number, a count of 0) is no range.
 */
export function idRanges(file: string, name: string, uid: number): IdRange[] {
  const ranges: IdRange[] = [];
  for (const line of file.split('\n')) {
    const [owner, start, count, ...rest] = line.split(':');
    if ((owner !== name && owner !== String(uid)) || rest.length > 0) continue;
    const range = { start: numberOf(start), count: numberOf(count) };
    if (range.start !== null && range.count !== null && range.count > 0) {
      ranges.push({ start: range.start, count: range.count });
    }
  }
  return ranges;
}

/** A range of `/etc/subuid` or `/etc/subgid`: host IDs `start` to `start + count - 1`. */
export type IdRange = { readonly start: number; readonly count: number };
