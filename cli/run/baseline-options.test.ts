import { afterEach, expect, test as it, vi } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { differsFromBaseline } from '../../reports/compare/baseline.ts';
import { readBaselines } from '../../reports/compare/read-baselines.ts';
import { exitCodeOfRun } from '../../reports/results/finished-run.ts';
import { resolveTargets } from '../targets/target-names.ts';
import { exitCodeAgainst, readBaselineOptions } from './baseline-options.ts';

vi.mock(import('../../reports/compare/read-baselines.ts'));
vi.mock(import('../../reports/compare/baseline.ts'));
vi.mock(import('../../reports/results/finished-run.ts'));

afterEach(() => void vi.resetAllMocks());

const checks = [{ id: 'NS-UIDMAP' } as DeclaredCheck];
const baselines = new Map();
const targets = resolveTargets(['debian-13', 'local']);
const read = (asked: Parameters<typeof readBaselineOptions>[0]) => {
  vi.mocked(readBaselines).mockReturnValue(baselines);
  return readBaselineOptions(asked, { targets, checks });
};

it('without the options there is nothing to compare with', () => {
  expect(read({})).toEqual({});
});

it('every target of the run is asked for; a part of the suite is compared with that part', () => {
  expect(read({ baseline: 'runs' })).toEqual({ options: { baselines } });
  expect(readBaselines).toHaveBeenCalledWith('runs', {
    targets: targets.map(({ name }) => name),
    checks: ['NS-UIDMAP'],
    provider: 'libvirt',
  });
  expect(read({ baseline: 'runs', failOn: 'regression', suite: ['namespaces'] })).toEqual({
    options: { baselines, part: ['NS-UIDMAP'] },
    failOn: 'regression',
  });
});

it('--fail-on without a baseline is refused', () => {
  expect(() => read({ failOn: 'regression' })).toThrow('[USAGE] --fail-on needs --baseline');
});

it.each([
  [0, 'regression', true, 1],
  [0, 'difference', true, 1],
  [0, 'regression', false, 0],
  [0, undefined, true, 0],
  [1, 'regression', true, 1],
  [3, 'regression', true, 3],
] as const)('exit code %i with --fail-on %s, differs: %s, is %i', (code, failOn, differs, ended) => {
  const asked = { options: { baselines }, ...(failOn === undefined ? {} : { failOn }) };
  vi.mocked(exitCodeOfRun).mockReturnValue(code);
  vi.mocked(differsFromBaseline).mockReturnValue(differs);
  expect(exitCodeAgainst(asked, { folder: '/run', gate: ['MUST'] })).toBe(ended);
  expect(exitCodeAgainst({}, { folder: '/run', gate: ['MUST'] })).toBe(code);
});
