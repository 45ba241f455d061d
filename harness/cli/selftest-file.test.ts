import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../check.ts';
import type { CheckMeta } from '../readings/provided.ts';
import { exitCodeOfRows, scoreOf, selftestRows } from './selftest-file.ts';

const check = (id: string, changes: Partial<DeclaredCheck> = {}) =>
  ({ id, sabotage: { name: 'a fault', by: async () => async () => {}, fails: /x/ }, ...changes }) as DeclaredCheck;

const rowsOf = (metas: Readonly<Record<string, CheckMeta>>, checks = Object.keys(metas).map((id) => check(id))) =>
  selftestRows(checks, new Map(Object.entries(metas)));

const killed: CheckMeta = { verdict: 'pass', outcome: 'killed', reason: 'the value' };
const survived: CheckMeta = { outcome: 'survived', reason: 'stays green' };
const impossible: CheckMeta = { verdict: 'skip', outcome: 'impossible', reason: 'no such fault' };
const notHere: CheckMeta = { verdict: 'skip', reason: 'not on this host' };

it('each mutant has its row; a check that is not for such a host has none', () => {
  expect(rowsOf({ 'A-A': killed, 'A-B': notHere })).toEqual([
    { id: 'A-A', outcome: 'killed', by: 'a fault', message: 'the value' },
  ]);
});

it('a check that said nothing, or was never heard of, is an error', () => {
  expect(rowsOf({ 'A-A': {} })[0]).toMatchObject({ outcome: 'error' });
  expect(rowsOf({}, [check('A-A')])[0]).toMatchObject({ outcome: 'error', message: 'it was never tried' });
});

it.each<[string, Readonly<Record<string, CheckMeta>>, number, string]>([
  ['all killed', { A: killed, B: killed, C: notHere }, 0, '2/2'],
  ['killed and impossible', { A: killed, B: impossible }, 0, '1/1'],
  ['one survived', { A: killed, B: survived }, 1, '1/2'],
  ['all survived', { A: survived }, 1, '0/1'],
  ['one error', { A: killed, B: {} }, 3, '1/2'],
  ['an error outweighs a survivor', { A: survived, B: {} }, 3, '0/2'],
  ['nothing but impossible ones', { A: impossible }, 3, '0/0'],
  ['nothing', {}, 3, '0/0'],
])('%s', (_, metas, code, score) => {
  const rows = rowsOf(metas);
  expect({ code: exitCodeOfRows(rows), score: scoreOf(rows) }).toEqual({ code, score });
});
