import { describe, expect, test as it } from 'vitest';
import type { CheckResult, Verdict } from '../../harness/verdicts/verdict.ts';
import { TargetRecord } from '../recording/target-record.ts';
import { declared, judged, syntheticRun, syntheticTarget } from '../synthetic-runs/synthetic-run.ts';
import { countVerdicts, exitCodeOf, ruleConformance } from './conformance.ts';

const must = (id: string, verdict: Verdict, changes: Partial<CheckResult> = {}) =>
  judged(declared(id), { verdict, ...(verdict === 'pass' ? {} : { reason: 'because' }), ...changes });
const should = (id: string, verdict: Verdict, changes: Partial<CheckResult> = {}) =>
  judged(declared(id, { level: 'SHOULD' }), { verdict, reason: 'because', ...changes });

describe('a run comes out green only when every gated check passed or was skipped with a reason', () => {
  it.each<[string, CheckResult[], string]>([
    ['all pass', [must('A', 'pass'), must('B', 'pass')], 'conformant'],
    ['a skip with a reason', [must('A', 'pass'), must('B', 'skip')], 'conformant'],
    ['a failure that does not gate', [must('A', 'pass'), should('B', 'fail')], 'conformant'],
    ['a gated failure', [must('A', 'fail'), must('B', 'pass')], 'non-conformant'],
    ['blocked by that failure', [must('A', 'fail'), must('B', 'blocked', { blockedBy: 'A' })], 'non-conformant'],
    [
      'blocked by what that failure blocks',
      [must('A', 'fail'), must('B', 'blocked', { blockedBy: 'A' }), must('C', 'blocked', { blockedBy: 'B' })],
      'non-conformant',
    ],
    ['an error', [must('A', 'pass'), must('B', 'error')], 'inconclusive'],
    ['an error that does not gate', [must('A', 'pass'), should('B', 'error')], 'inconclusive'],
    ['an error beside a gated failure', [must('A', 'fail'), must('B', 'error')], 'inconclusive'],
    ['blocked by nothing named', [must('A', 'pass'), must('B', 'blocked')], 'inconclusive'],
    [
      'blocked by a check that is not there',
      [must('A', 'pass'), must('B', 'blocked', { blockedBy: 'Z' })],
      'inconclusive',
    ],
    ['blocked by a check that passed', [must('A', 'pass'), must('B', 'blocked', { blockedBy: 'A' })], 'inconclusive'],
    ['blocked by itself', [must('A', 'fail'), must('B', 'blocked', { blockedBy: 'B' })], 'inconclusive'],
    [
      'blocked in a circle',
      [must('A', 'fail'), must('B', 'blocked', { blockedBy: 'C' }), must('C', 'blocked', { blockedBy: 'B' })],
      'inconclusive',
    ],
    [
      'blocked by a failure that does not gate',
      [must('A', 'blocked', { blockedBy: 'B' }), should('B', 'fail')],
      'inconclusive',
    ],
    ['a skip without a reason', [must('A', 'pass'), must('B', 'skip', { reason: ' ' })], 'inconclusive'],
    ['everything skipped', [must('A', 'skip'), must('B', 'skip')], 'inconclusive'],
    ['nothing at all', [], 'inconclusive'],
  ])('%s', (_, checks, expected) => {
    expect(ruleConformance({ checks }).conformance).toBe(expected);
  });

  it('fewer judged than when the machine was last verified is inconclusive, more is not', () => {
    const ratchet = { judged: 3, date: '2026-11-22' };
    const two = [must('A', 'pass'), must('B', 'pass'), must('C', 'skip')];
    expect(ruleConformance({ checks: two, ratchet })).toEqual({
      conformance: 'inconclusive',
      because: ['judged 2 of the 3 checks that were judged on 2026-11-22'],
    });
    const three = [...two, should('D', 'fail')];
    expect(ruleConformance({ checks: three, ratchet }).conformance).toBe('conformant');
    expect(ruleConformance({ checks: [...three, must('E', 'pass')], ratchet }).conformance).toBe('conformant');
  });

  it('what is blocked by a failure that is shown is accounted for', () => {
    const ratchet = { judged: 3, date: '2026-11-22' };
    const blocked = must('B', 'blocked', { blockedBy: 'A' });
    const checks = [must('A', 'fail'), blocked, { ...blocked, id: 'C' }];
    expect(ruleConformance({ checks, ratchet }).conformance).toBe('non-conformant');
    const byNothing = [must('A', 'fail'), blocked, should('C', 'blocked', { blockedBy: 'Z' })];
    expect(ruleConformance({ checks: byNothing, ratchet }).because).toEqual([
      'judged 1 of the 3 checks that were judged on 2026-11-22',
    ]);
  });

  it('a broken target and a check never judged are inconclusive, whatever passed', () => {
    const checks = [must('A', 'pass')];
    expect(ruleConformance({ checks, incomplete: 'VM lost' })).toEqual({
      conformance: 'inconclusive',
      because: ['VM lost'],
    });
    expect(ruleConformance({ checks, incomplete: '' }).conformance).toBe('inconclusive');
    expect(ruleConformance({ checks, notJudged: [{ id: 'B' }] }).because).toEqual(['never judged: B']);
  });

  it('the gate decides what counts', () => {
    expect(ruleConformance({ checks: [must('A', 'pass'), should('B', 'fail')] }, ['MUST', 'SHOULD']).conformance).toBe(
      'non-conformant',
    );
  });
});

describe('exit code', () => {
  const run = syntheticRun();
  const resultsOf = (checks: readonly CheckResult[], isEnded = true) => {
    const record = new TargetRecord(run, syntheticTarget(run, 'debian-13', []));
    for (const check of checks) record.judge(check);
    if (isEnded) record.end({ infraRetries: 0 });
    return record.results();
  };
  const green = resultsOf([must('A', 'pass')]);
  const red = resultsOf([must('A', 'fail')]);

  it.each([
    ['no results', [], 3],
    ['green', [green], 0],
    ['red beside green', [green, red], 1],
    ['1 and 3 both hold', [red, resultsOf([must('A', 'error')])], 3],
    ['killed midway, all green so far', [resultsOf([must('A', 'pass')], false)], 3],
    ['an empty run', [resultsOf([])], 3],
  ])('%s', (_, results, expected) => {
    expect(exitCodeOf(results)).toBe(expected);
  });

  it('a wider gate than the run had is applied anew', () => {
    const results = resultsOf([must('A', 'pass'), should('B', 'fail')]);
    expect([exitCodeOf([results]), exitCodeOf([results], ['MUST', 'SHOULD'])]).toEqual([0, 1]);
  });
});

it('the ledger counts verdicts, and flaky beside them', () => {
  const checks = [must('A', 'pass'), must('B', 'fail', { flaky: true }), must('C', 'skip')];
  expect(countVerdicts(checks)).toEqual({ total: 3, pass: 1, fail: 1, skip: 1, blocked: 0, error: 0, flaky: 1 });
});
