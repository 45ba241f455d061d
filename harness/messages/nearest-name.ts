/** `; did you mean 'debian-13'?`, or nothing where no name is near: two edits at most, or it begins in the same way. */
export function didYouMean(word: string, names: readonly string[]): string {
  const typed = word.toLowerCase();
  const ranked = names
    .map((name) => ({
      name,
      begins: typed.length > 2 && name.toLowerCase().startsWith(typed),
      edits: editsBetween(typed, name.toLowerCase()),
    }))
    .filter(({ name, begins, edits }) => begins || edits <= Math.min(2, Math.floor(name.length / 2)))
    .toSorted((one, other) => Number(other.begins) - Number(one.begins) || one.edits - other.edits);
  return ranked.length === 0
    ? ''
    : `; did you mean ${ranked
        .slice(0, 3)
        .map(({ name }) => `'${name}'`)
        .join(', ')}?`;
}

/** Levenshtein's distance, of words that a person types. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, sign] of [...one.slice(0, 100)].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const replaced = (row[j] ?? 0) + (other[j] === sign ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
