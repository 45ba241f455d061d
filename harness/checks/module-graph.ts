import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkout } from '../this-machine/paths.ts';

export type SourceFile = { readonly path: string; readonly text: string };
export type Import = { readonly from: string; readonly to: string; readonly isType: boolean };

/** What a file of this checkout imports of it, in every form that our sources use; paths are relative to the checkout. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const pattern = /(?:(import|export)\s+(type\s+)?[^;'"]*?from\s*|import\s*\(\s*|import\s+)['"](\.[^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map(([, , type, to = '']) => ({
    from: path,
    to: relative(checkout, join(checkout, dirname(path), to)),
    isType: type !== undefined,
  }));
}

/** The files that run when these do, in the order of their names: types are gone by then. */
export function reachableFrom(roots: readonly string[]): SourceFile[] {
  const seen = new Map<string, SourceFile>();
  const open = [...roots];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    const file = { path, text: readFileSync(join(checkout, path), 'utf8') };
    seen.set(path, file);
    open.push(...importsOf(file).flatMap(({ to, isType }) => (isType ? [] : [to])));
  }
  return [...seen.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
