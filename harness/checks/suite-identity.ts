import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { probeSources } from '../fixture-image/build.ts';
import { checkout } from '../this-machine/paths.ts';
import { reachableFrom, type SourceFile } from './module-graph.ts';

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
  for (const { path, text } of suiteFiles()) hash.update(path).update('\0').update(text);
  return { version, digest: `sha256:${hash.digest('hex')}` };
}

/** The spec files, who judges them, all that these import, and the program that looks from inside of a container. */
export function suiteFiles(): SourceFile[] {
  const specs = globSync('suites/*/*.spec.ts', { cwd: checkout });
  const probe = probeSources.map((path) => ({ path: relative(checkout, path), text: readFileSync(path, 'utf8') }));
  return [...reachableFrom([...specs, ...judges]), ...probe];
}
