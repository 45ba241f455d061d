import type { IdRange } from '../../../harness/checks/index.ts';

export type IdMapLine = { readonly inside: number; readonly outside: number; readonly count: number };

const ids = 2 ** 32;

/** Throws on anything that is not a map. */
export function parseIdMap(text: string): IdMapLine[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const fields = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line)?.slice(1).map(Number);
      const [inside = 0, outside = 0, count = 0] = fields ?? [];
      if (count === 0 || Math.max(inside, outside) + count > ids) {
        throw new Error(`not a line of an ID map: ${JSON.stringify(line.slice(0, 80))}`);
      }
      return { inside, outside, count };
    });
}

/** The map that RootlessKit writes: the user's ID as 0, then the subordinate ranges in file order. */
export function rootlessMap(ownId: number, ranges: readonly IdRange[]): IdMapLine[] {
  const lines: IdMapLine[] = [{ inside: 0, outside: ownId, count: 1 }];
  let inside = 1;
  for (const { start, count } of ranges) {
    lines.push({ inside, outside: start, count });
    inside += count;
  }
  return lines;
}

export function mapped(map: readonly IdMapLine[], inside: number): number | null {
  const line = map.find((candidate) => inside >= candidate.inside && inside < candidate.inside + candidate.count);
  return line ? line.outside + (inside - line.inside) : null;
}

export function totalOf(lines: readonly { readonly count: number }[]): number {
  return lines.reduce((sum, line) => sum + line.count, 0);
}
