import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import type { Selection } from '../options/options.ts';
import { selectChecks } from './select-checks.ts';

const all = [
  { id: 'PORT-RELEASE', area: 'ports', level: 'MUST' },
  { id: 'PORT-PRIV-DENY', area: 'ports', level: 'LIMITATION' },
  { id: 'CG-MEM', area: 'cgroups', level: 'MUST' },
] as DeclaredCheck[];

const select = (options: Selection) => selectChecks(all, options).map(({ id }) => id);

it.each<[Selection, string[]]>([
  [{}, ['PORT-RELEASE', 'PORT-PRIV-DENY', 'CG-MEM']],
  [{ suite: ['ports'] }, ['PORT-RELEASE', 'PORT-PRIV-DENY']],
  [{ check: ['CG-MEM', 'PORT-RELEASE'] }, ['PORT-RELEASE', 'CG-MEM']],
  [{ level: ['MUST'] }, ['PORT-RELEASE', 'CG-MEM']],
  [{ suite: ['ports'], level: ['MUST'] }, ['PORT-RELEASE']],
])('%j', (options, ids) => {
  expect(select(options)).toEqual(ids);
});

it.each<[Selection, string]>([
  [{ suite: ['ports', 'port'] }, "[UNKNOWN_CHECK] unknown suite 'port'; allowed: ports, cgroups"],
  [{ check: ['PORT-PRIV', 'CG-MEM'] }, "[UNKNOWN_CHECK] unknown check PORT-PRIV; did you mean 'PORT-PRIV-DENY'?"],
  [{ check: ['NOTHING-LIKE-IT'] }, 'unknown check NOTHING-LIKE-IT'],
  [{ suite: ['ports'], check: ['CG-MEM'] }, '[USAGE] no check matches --suite, --check and --level together'],
  [{ level: ['MAY'] }, 'no check matches'],
  [{ check: [] }, 'no check matches'],
])('%j is refused: it would judge something else than was asked for', (options, message) => {
  expect(() => select(options)).toThrow(message);
});
