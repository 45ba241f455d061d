import { expect, test as it } from 'vitest';
import { findDifference } from './restore.ts';
import type { MachineRecord } from './snapshot-record.ts';

const id = '0f3c6b1e9d2a4c57b8e1f0a9d3c4b5a6';
const record: MachineRecord = {
  stamp: 's',
  host: '192.0.2.1',
  port: 22,
  hostKeys: [],
  machineId: id,
  accel: 'tcg',
  savedAt: '2026-11-22T03:09:35Z',
};

it('the right id and a clock of now are no difference', () => {
  expect(findDifference(record, `${id}\n1000005\n`, 1_000_000)).toBeUndefined();
});

it.each([
  ['ffff\n1000000\n', 'another machine answered: expected machine ID'],
  [`${id}\n900000\n`, 'off by 100000 s'],
  [`${id}\n`, 'off by NaN s'],
  [`${id}\n1e6\n`, 'off by NaN s'],
  ['', 'another machine'],
])('%j is refused', (answer, reason) => {
  expect(findDifference(record, answer, 1_000_000)).toContain(reason);
});
