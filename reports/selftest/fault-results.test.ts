import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import type { CheckMeta } from '../../harness/runner/protocol/protocol.ts';
import { type CheckMetas, exitCodeOfRows, judgedRows, neverTried, scoreOf } from './fault-results.ts';
import { selftestSummary } from './summary.ts';

const check = (id: string, changes: Partial<DeclaredCheck> = {}) =>
  ({ id, fault: { name: 'a fault', inject: async () => async () => {}, breaks: ['x'] }, ...changes }) as DeclaredCheck;

const rowsOf = (metas: Readonly<Record<string, CheckMeta>>, checks = Object.keys(metas).map((id) => check(id))) =>
  everyRow(checks, new Map(Object.entries(metas)));

function everyRow(checks: readonly DeclaredCheck[], metas: CheckMetas) {
  return [...judgedRows(checks, metas), ...neverTried(checks, metas)];
}

const killed: CheckMeta = { verdict: 'pass', outcome: 'killed', reason: 'the value' };
const survived: CheckMeta = { outcome: 'survived', reason: 'stays green' };
const impossible: CheckMeta = { verdict: 'skip', outcome: 'impossible', reason: 'no such fault' };
const notHere: CheckMeta = { verdict: 'skip', reason: 'not on this host' };

it('each fault has its row; a check that is not for such a host has none', () => {
  expect(rowsOf({ 'A-A': killed, 'A-B': notHere })).toEqual([
    { id: 'A-A', outcome: 'killed', by: 'a fault', message: 'the value' },
  ]);
});

it('a check that said nothing, or was never heard of, is an error', () => {
  expect(rowsOf({ 'A-A': {} })[0]).toMatchObject({ outcome: 'error' });
  expect(rowsOf({}, [check('A-A')])[0]).toMatchObject({ outcome: 'error', message: 'it was never tried' });
  expect(neverTried([check('A-A')], new Map(), '[LOST] gone\nhint: x')).toMatchObject([
    { message: 'it was never tried: [LOST] gone' },
  ]);
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

it('a red that nobody explains makes the run red, and an explained one does not', () => {
  const radius = { judged: 3, explained: [{ id: 'B', because: 'blocked by SOCK-PATH' }], unexplained: [] };
  expect(exitCodeOfRows(rowsOf({ A: { ...killed, sideEffects: radius } }))).toBe(0);
  const unexplained = [{ id: 'C', verdict: 'fail', message: 'the other value' }];
  expect(exitCodeOfRows(rowsOf({ A: { ...killed, sideEffects: { ...radius, unexplained } } }))).toBe(1);
});

it('the summary has the score and all that stands between it and a full one', () => {
  const unexplained = [{ id: 'C', verdict: 'fail', message: 'the other value' }];
  const sideEffects = { judged: 3, explained: [], unexplained };
  const rows = rowsOf({
    'A-A': { ...killed, sideEffects },
    'A-TWIN': { ...killed, sideEffects },
    'A-B': survived,
    'A-C': impossible,
    'A-D': {},
    'A-E': { outcome: 'error', reason: 'already red on this machine; try the fault on another (the value: 2)' },
    'A-F': notHere,
  });
  expect(selftestSummary(rows)).toEqual([
    'Impossible (1):',
    '  A-C                 no such fault',
    '',
    'Survived: the check does not notice its fault (1):',
    '  A-B                 stays green',
    '',
    'Already red on this machine: prove them on another (1):',
    '  A-E                 (the value: 2)',
    '',
    'Errors: nothing is known of these (1):',
    '  A-D                 no outcome was reported',
    '',
    'Turned red by a fault that was not meant for them:',
    '  the fault of A-A, A-TWIN (a fault):',
    '    C                   fail: the other value',
    '',
    'killed 2 of 5 possible faults; impossible 1, survived 1, error 2; score 2/5',
  ]);
  expect(selftestSummary(rowsOf({ A: { ...killed, sideEffects: { ...sideEffects, unexplained: [] } } }))[0]).toBe(
    'Blast radius: 1 faults turned nothing else red that is not explained',
  );
});
