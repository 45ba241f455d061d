import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import type { CommonOptions } from '../options/options.ts';
import { selectChecks } from './select-checks.ts';

const all = [
  { id: 'PORT-RELEASE', area: 'ports', level: 'MUST' },
  { id: 'PORT-PRIV-DENY', area: 'ports', level: 'LIMITATION' },
  { id: 'CG-MEM', area: 'cgroups', level: 'MUST' },
] as DeclaredCheck[];

type Selection = Partial<Pick<CommonOptions, 'suites' | 'checks' | 'levels'>>;
const select = (options: Selection) =>
  selectChecks(all, { suites: undefined, checks: undefined, levels: undefined, ...options }).map(({ id }) => id);

it.each<[Selection, string[]]>([
  [{}, ['PORT-RELEASE', 'PORT-PRIV-DENY', 'CG-MEM']],
  [{ suites: ['ports'] }, ['PORT-RELEASE', 'PORT-PRIV-DENY']],
  [{ checks: ['CG-MEM', 'PORT-RELEASE'] }, ['PORT-RELEASE', 'CG-MEM']],
  [{ levels: ['MUST'] }, ['PORT-RELEASE', 'CG-MEM']],
  [{ suites: ['ports'], levels: ['MUST'] }, ['PORT-RELEASE']],
])('%j', (options, ids) => {
  expect(select(options)).toEqual(ids);
});

it.each<[Selection, string]>([
  [{ suites: ['ports', 'port'] }, '[UNKNOWN_CHECK] no suite is called "port"; there are ports, cgroups'],
  [
    { checks: ['PORT-PRIV', 'CG-MEM'] },
    '[UNKNOWN_CHECK] no check is called PORT-PRIV; did you mean PORT-RELEASE, PORT-PRIV-DENY?',
  ],
  [{ checks: ['NOTHING-LIKE-IT'] }, 'no check is called NOTHING-LIKE-IT'],
  [{ suites: ['ports'], checks: ['CG-MEM'] }, '[USAGE] the options leave no check to judge'],
  [{ levels: ['MAY'] }, 'leave no check'],
  [{ checks: [] }, 'leave no check'],
])('%j is refused: it would judge something else than was asked for', (options, message) => {
  expect(() => select(options)).toThrow(message);
});
