import { describe, expect, test as it } from 'vitest';
import { verdicts } from '../../verdicts/verdict.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { judge, type RunnerWord } from './judge.ts';

const check = {
  id: 'A-B',
  area: 'a',
  level: 'MUST',
  title: 'a claim',
  source: { url: 'https://x', section: 's' },
  remedy: 'r',
} as const;
const states = ['passed', 'failed', 'skipped', 'pending'] as const;
const word = (state: RunnerWord['state'], errors: readonly string[] = []): RunnerWord => ({
  state,
  errors,
  durationMs: 12.6,
});
const full: Record<(typeof verdicts)[number], CheckMeta> = {
  pass: { verdict: 'pass' },
  fail: { verdict: 'fail', reason: 'expected 2, found 1' },
  skip: { verdict: 'skip', reason: 'no such kernel' },
  blocked: { verdict: 'blocked', reason: 'the daemon is down', blockedBy: 'SOCK-PATH' },
  error: { verdict: 'error', reason: 'lost' },
};

describe('what the check said and what the runner says', () => {
  const agreed = new Set(['pass passed', 'fail failed', 'skip skipped', 'blocked skipped']);
  const all = verdicts.flatMap((said) => states.map((state) => [said, state] as const));

  it.each(all)('said %s, runner %s', (said, state) => {
    const isAgreed = agreed.has(`${said} ${state}`);
    const result = judge(check, full[said], word(state, state === 'failed' ? ['the runner: an error'] : []));
    expect(result.verdict).toBe(isAgreed ? said : 'error');
    expect(result.reason ?? '').toMatch(said === 'pass' && isAgreed ? /^$/ : /\S/);
  });

  it.each(states)('said nothing, runner %s', (state) => {
    expect(judge(check, {}, word(state)).verdict).toBe('error');
    expect(judge(check, {}, word(state)).reason).toContain(state);
    expect(judge(check, {}, word(state, ['broke'])).reason).toBe('broke');
  });
});

describe('a word without what belongs to it', () => {
  it.each<[string, CheckMeta, RunnerWord, string]>([
    ['a skip without a reason', { verdict: 'skip' }, word('skipped'), 'skipped without a reason'],
    ['a skip with an empty reason', { verdict: 'skip', reason: '' }, word('skipped'), 'skipped without a reason'],
    [
      'blocked without naming a check',
      { verdict: 'blocked', reason: 'x' },
      word('skipped'),
      'blocked without naming a check',
    ],
    ['an error without a reason', { verdict: 'error' }, word('failed'), 'no reason was given'],
    [
      'a second error on top of the assertion',
      full.fail,
      word('failed', ['expected', 'the hook broke']),
      'expected; the hook broke',
    ],
    [
      'a pass that timed out',
      full.pass,
      word('failed', ['Test timed out in 240000ms.']),
      'Test timed out in 240000ms.',
    ],
    [
      'a pass without an assertion',
      full.pass,
      word('failed', ['expected any number of assertion, but got none']),
      'expected any number of assertion, but got none',
    ],
  ])('%s is an error', (_, meta, runner, reason) => {
    expect(judge(check, meta, runner)).toMatchObject({ verdict: 'error', reason });
  });
});

it('the result carries the declaration, the finding and the evidence, and nothing else', () => {
  const meta: CheckMeta = { ...full.fail, finding: 'lifted', evidence: 'evidence/A-B.txt', outcome: 'killed' };
  expect(judge(check, meta, word('failed', ['expected 2, found 1']))).toEqual({
    id: 'A-B',
    area: 'a',
    level: 'MUST',
    title: 'a claim',
    verdict: 'fail',
    reason: 'expected 2, found 1',
    finding: 'lifted',
    durationMs: 13,
    evidence: 'evidence/A-B.txt',
  });
  expect(judge(check, full.blocked, word('skipped')).blockedBy).toBe('SOCK-PATH');
});
