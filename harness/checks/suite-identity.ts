import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { probeSources } from '../fixture-image/build.ts';
import { checkout } from '../this-machine/paths.ts';

/** Who judges: a run (facts, limits, the last word), a look at a host in use, and the worker that vitest starts by this path. */
const judges = [
  'harness/runner/judge/judge-target.ts',
  'harness/runner/judge/inspect-target.ts',
  'harness/runner/worker/setup.ts',
];

/**
 * Version of the suite and a digest of what decides a verdict: two runs merge only where both are equal. How a machine
 * is made is no part of it: the machine is what is judged, and its facts are in the results.
 */
export function suiteIdentity(): { version: string; digest: string } {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };
  const hash = createHash('sha256');
  for (const [path, text] of suiteFiles()) hash.update(path).update('\0').update(text);
  return { version, digest: `sha256:${hash.digest('hex')}` };
}

/** The spec files, who judges them, all that these import, and the program that looks from inside of a container: texts by path. */
export function suiteFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const open = [...globSync('suites/*/*.spec.ts', { cwd: checkout }), ...judges];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue;
    const text = readFileSync(join(checkout, path), 'utf8');
    files.set(path, text);
    open.push(...importsOf(path, text));
  }
  const byName = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map([
    ...byName,
    ...probeSources.map((path) => [relative(checkout, path), readFileSync(path, 'utf8')] as const),
  ]);
}

/** What a file loads of this checkout, in every form of import that our sources use: types are gone by then. */
export function importsOf(path: string, text: string): string[] {
  const pattern = /(?:(?:import|export)\s+(type\s+)?[^;'"]*?from\s*|import\s*\(\s*|import\s+)['"](\.[^'"]+)['"]/g;
  return [...text.matchAll(pattern)]
    .filter(([, type]) => type === undefined)
    .map(([, , to = '']) => relative(checkout, join(checkout, dirname(path), to)));
}
