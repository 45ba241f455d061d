import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../messages/error-text.ts';
import { RdcError } from '../messages/errors.ts';
import { checkout } from '../this-machine/paths.ts';
import { type DeclaredCheck, declaredChecks } from './check.ts';

/** Imports every spec file of suites/ and returns what they declare. A spec file that does not load is an error, not an empty suite. */
export async function loadChecks(root = checkout): Promise<readonly DeclaredCheck[]> {
  const suites = join(root, 'suites');
  const entries = readdirSync(suites, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folders = entries.map(({ name }) => name).sort();
  // what areas.json does not name comes last
  for (const area of new Set([...Object.keys(readAreas(root)), ...folders])) {
    const specs = readdirSync(join(suites, area)).filter((name) => name.endsWith('.spec.ts'));
    for (const spec of specs.sort()) await load(join(suites, area, spec));
  }
  return declaredChecks();
}

/**
 * suites/areas.json: the prefixes of each area's IDs, in the order of a run. What others stand on comes first, so that a
 * blocked check can name a failed one; what reboots the machine comes last.
 */
export function readAreas(root = checkout): Readonly<Record<string, readonly string[]>> {
  const file = join(root, 'suites/areas.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

async function load(path: string): Promise<void> {
  await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new RdcError('COMMAND', `the spec file ${path} did not load: ${messageOf(cause)}`, { cause });
  });
}
