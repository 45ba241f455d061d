import { expect, test as it } from 'vitest';
import { findMachine, readMachines } from '../../harness/lab/catalog/machines.ts';
import type { TargetName } from '../targets/target-names.ts';
import { coverageFloorOf } from './run-target.ts';

const machine = findMachine(readMachines(), 'debian-13');
const target = (verified: typeof machine.verified): TargetName => ({
  kind: 'machine',
  name: 'debian-13',
  machine: { ...machine, verified },
});
const verified = { date: '2026-11-22', versions: {}, judged: 37 };

it('a run of everything on a verified machine owes what was judged then', () => {
  expect(coverageFloorOf(target(verified), {})).toEqual({ judged: 37, date: '2026-11-22' });
});

it('a part of the suite, a machine that nobody counted on, and a host of others owe nothing', () => {
  for (const part of [{ suite: ['ports'] }, { check: ['NS-INFO'] }, { level: ['MUST' as const] }]) {
    expect(coverageFloorOf(target(verified), part), JSON.stringify(part)).toBeUndefined();
  }
  expect(coverageFloorOf(target(false), {})).toBeUndefined();
  expect(coverageFloorOf(target({ date: '2026-11-22', versions: {} }), {})).toBeUndefined();
  expect(coverageFloorOf({ kind: 'local', name: 'local-x' }, {})).toBeUndefined();
});
