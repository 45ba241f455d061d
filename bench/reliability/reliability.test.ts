import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import type { Results } from '../../reports/results/results.schema.ts';
import { continuedLog, momentText, planFaults } from './campaign-plan.ts';
import { faultKinds } from './fault-kinds.ts';
import { type Aftermath, broken } from './invariants.ts';
import { undeclaredFaults } from './undeclared-faults.ts';

const campaign = { faults: 60, seed: 7, kinds: faultKinds, checks: 16 };

it('a seed makes the same campaign again, another seed another one; every kind has its turn', () => {
  const plans = planFaults(campaign);
  expect(planFaults(campaign)).toEqual(plans);
  expect(planFaults({ ...campaign, seed: 8 })).not.toEqual(plans);
  const counts = Map.groupBy(plans, ({ kind }) => kind);
  expect(new Set(counts.keys())).toEqual(new Set(faultKinds));
  for (const [, same] of counts) expect(same.length).toBeGreaterThanOrEqual(Math.floor(60 / faultKinds.length));
  for (const { kind, afterCheck, delayMs } of plans) {
    expect(afterCheck).toBeLessThan(14);
    expect(afterCheck).toBeGreaterThanOrEqual(kind.loses ? 1 : 0);
    expect(delayMs).toBeLessThan(4_000);
  }
  expect(new Set(plans.map(momentText)).size).toBeGreaterThan(50);
});

it('a log is continued by the same campaign only, from the last turn that is in it as a whole', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rdc-log-')), 'log');
  const about = { machine: 'debian-13', seed: 7 };
  expect(continuedLog(file, about)).toEqual([]);
  appendFileSync(file, '{"turn":1}\n{"turn":2}\n{"tu');
  expect(continuedLog(file, about)).toEqual([{ turn: 1 }, { turn: 2 }]);
  expect(readFileSync(file, 'utf8')).toMatch(/^\{.*\}\n\{"turn":1\}\n\{"turn":2\}\n$/);
  expect(() => continuedLog(file, { ...about, seed: 8 })).toThrow('is the log of another campaign');
});

const kindCalled = (name: string) => {
  const kind = faultKinds.find((one) => one.name === name);
  if (!kind) throw new Error(`no fault ${name}`);
  return kind;
};
const killed = kindCalled('the VM is killed');
const passed = (id: string) => ({ id, verdict: 'pass' });
const failed = (id: string) => ({ id, verdict: 'fail' });
const resultsOf = (changes: object = {}) =>
  ({
    checks: [passed('A')],
    conformance: 'inconclusive',
    incomplete: 'lost',
    notJudged: [{ id: 'B' }],
    ...changes,
  }) as unknown as Results;

/** The VM is killed after the first of two checks, and everything is as it should be. */
const held: Aftermath = {
  kind: killed,
  machine: 'debian-13',
  code: 3,
  output: 'debian-13: [LOST] the connection to debian-13 was lost\nhint: x',
  lines: [{ id: 'A', word: 'ok', atMs: 900 }],
  injectedMs: 1_000,
  tookMs: 20_000,
  results: resultsOf(),
  selected: 2,
  left: [],
};

it('a fault that held breaks no rule', () => {
  expect(broken(held)).toEqual([]);
});

it.each<[string, Partial<Aftermath>]>([
  ['exit code 0, documented: 3', { code: 0 }],
  ['it took 901 s', { tookMs: 901_000 }],
  ['without a message that names what happened and where', { output: 'sorry' }],
  ['without a word of the interruption', { kind: kindCalled('SIGINT'), code: 130, output: 'bye' }],
  ['a stack trace', { output: `${held.output}\n    at x (file:///x.ts:1:2)` }],
  ['no results.json', { code: 1, kind: { ...killed, codes: [1] }, results: undefined }],
  ['results.json is not valid: torn', { results: 'torn' }],
  ['exit code 3 with results that say conformant', { results: resultsOf({ conformance: 'conformant' }) }],
  [
    'conformant with 1 of 2 judged',
    { code: 0, kind: { ...killed, codes: [0] }, results: resultsOf({ conformance: 'conformant' }) },
  ],
  ['1 of 2 judged, and no word why', { results: resultsOf({ incomplete: undefined }) }],
  [
    'failed by a fault of the harness: A',
    { kind: kindCalled('SIGTERM'), code: 130, output: 'interrupted', results: resultsOf({ checks: [failed('A')] }) },
  ],
  ['pass that was never shown: A', { lines: [] }],
  ['pass on a target that was gone: A', { lines: [{ id: 'A', word: 'ok', atMs: 9_000 }] }],
  ['processes that rdc down left: 7', { left: ['processes that rdc down left: 7'] }],
])('broken: %s', (words, changes) => {
  expect(broken({ ...held, ...changes }).join('; ')).toContain(words);
});

it('a run that was killed may have written one verdict that it did not show', () => {
  const kind = kindCalled('SIGKILL');
  expect(broken({ ...held, kind, code: 'signal', lines: [] })).toEqual([]);
  const two = resultsOf({ checks: [passed('A'), passed('B')] });
  expect(broken({ ...held, kind, code: 'signal', lines: [], results: two })).toHaveLength(1);
});

it('the undeclared faults name checks that there are, and their scripts are well formed', async () => {
  const ids = (await loadChecks()).map(({ id }) => id);
  for (const { name, red, apply, undo } of undeclaredFaults) {
    expect(ids, name).toContain(red);
    for (const script of [apply, undo]) execFileSync('dash', ['-n'], { input: script });
  }
});
