import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RdcError } from '../messages/errors.ts';
import { checkout } from '../this-machine/paths.ts';
import { type DeclaredCheck, declaredChecks } from './check.ts';

/**
 * What others stand on comes first, so that a blocked check can name a failed one; what reboots the machine comes last.
 * Areas not named here follow by name.
 */
const areaOrder = [
  'prerequisites',
  'sockets',
  'namespaces',
  'containment',
  'cgroups',
  'limits',
  'mlock',
  'serial',
  'ports',
  'network',
  'storage',
  'limitations',
  'guides',
  'lifecycle',
];

/** Imports every spec file of suites/ and returns what they declare. A spec file that does not load is an error, not an empty suite. */
export async function loadChecks(root = checkout): Promise<readonly DeclaredCheck[]> {
  const suites = join(root, 'suites');
  const areas = readdirSync(suites, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const area of areas.map((entry) => entry.name).sort(byRank)) {
    for (const file of readdirSync(join(suites, area))
      .filter((name) => name.endsWith('.spec.ts'))
      .sort()) {
      await load(join(suites, area, file));
    }
  }
  return declaredChecks();
}

function byRank(a: string, b: string): number {
  const rank = (area: string) => (areaOrder.includes(area) ? areaOrder.indexOf(area) : areaOrder.length);
  return rank(a) - rank(b) || a.localeCompare(b);
}

async function load(path: string): Promise<void> {
  try {
    await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new RdcError(
      'COMMAND',
      `the spec file ${path} did not load: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}
