import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { parseCommon } from '../options/options.ts';
import { resolveTargets } from '../targets/target-names.ts';
import { exitCodeAgainst, readBaselineOptions } from './baseline-options.ts';

const checks = [{ id: 'NS-UIDMAP' } as DeclaredCheck];
const reports = { readBaselines: (path: string, wanted: object) => ({ path, ...wanted }) };

function read(values: Record<string, string>, words: readonly string[] = []) {
  const { options } = parseCommon(words, { command: 'run' });
  return readBaselineOptions(values, { targets: resolveTargets(['debian-13', 'local']), checks, options }, reports);
}

it('without the options there is nothing to compare with', () => {
  expect(read({})).toEqual({});
});

it('every target of the run is asked for; a part of the suite is compared with that part', () => {
  const targets = resolveTargets(['debian-13', 'local']).map(({ name }) => name);
  const baselines = { path: 'runs', targets, checks: ['NS-UIDMAP'] };
  expect(read({ baseline: 'runs' })).toEqual({ options: { baselines } });
  expect(read({ baseline: 'runs', 'fail-on': 'regression' }, ['--suite', 'namespaces'])).toEqual({
    options: { baselines, part: ['NS-UIDMAP'] },
    failOn: 'regression',
  });
});

it.each([
  [{ 'fail-on': 'regression' }, /--fail-on compares with a baseline, and there is none/],
  [{ baseline: 'runs', 'fail-on': 'worse' }, /--fail-on is "worse"; allowed: regression, difference/],
])('%j is refused', (values, message) => {
  expect(() => read(values)).toThrow(message);
});

it.each([
  [0, 'regression', true, 1],
  [0, 'difference', true, 1],
  [0, 'regression', false, 0],
  [0, undefined, true, 0],
  [1, 'regression', true, 1],
  [3, 'regression', true, 3],
] as const)('exit code %i with --fail-on %s, differs: %s, is %i', (code, failOn, differs, ended) => {
  const asked = { options: { baselines: {} }, ...(failOn === undefined ? {} : { failOn }) };
  const told = { exitCodeOfRun: () => code, differsFromBaseline: () => differs };
  expect(exitCodeAgainst(asked, { folder: '/run', gate: ['MUST'] }, told)).toBe(ended);
  expect(exitCodeAgainst({}, { folder: '/run', gate: ['MUST'] }, told)).toBe(code);
});
