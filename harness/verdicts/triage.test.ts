import { expect, test as it } from 'vitest';
import { attribute, type View, viewOf, wantsViews } from './triage.ts';

type Seen = View['seen'];

const judgedAs = {
  red: { level: 'MUST', verdict: 'fail', reason: 'the value' },
  differs: { level: 'LIMITATION', verdict: 'fail', finding: 'differs', reason: 'other words' },
  lifted: { level: 'LIMITATION', verdict: 'fail', finding: 'lifted', reason: 'it started' },
  documented: { level: 'LIMITATION', verdict: 'pass' },
} as const;

it.each<[keyof typeof judgedAs, rootful: Seen, bare: Seen, blame: string]>([
  ['red', 'works', 'works', 'defect'],
  ['red', 'fails', 'works', 'defect'],
  ['red', 'does not apply', 'works', 'defect'],
  ['red', 'not taken', 'works', 'undecided'],
  ['red', 'works', 'fails', 'the host'],
  ['red', 'fails', 'fails', 'the host'],
  ['red', 'not taken', 'fails', 'the host'],
  ['red', 'does not apply', 'fails', 'the host'],
  ['red', 'works', 'not taken', 'undecided'],
  ['red', 'fails', 'not taken', 'undecided'],
  ['red', 'does not apply', 'not taken', 'undecided'],
  ['red', 'not taken', 'not taken', 'undecided'],
  ['differs', 'works', 'works', 'defect'],
  ['differs', 'works', 'fails', 'the host'],
  ['documented', 'works', 'works', 'rootless by design'],
  ['documented', 'works', 'fails', 'rootless by design'],
  ['documented', 'works', 'not taken', 'rootless by design'],
  ['documented', 'fails', 'fails', 'the host'],
  ['documented', 'fails', 'works', 'undecided'],
  ['documented', 'fails', 'not taken', 'undecided'],
  ['documented', 'not taken', 'works', 'undecided'],
  ['documented', 'not taken', 'fails', 'undecided'],
  ['lifted', 'works', 'works', 'the host'],
  ['lifted', 'not taken', 'works', 'the host'],
  ['lifted', 'works', 'fails', 'undecided'],
  ['lifted', 'works', 'not taken', 'undecided'],
])('%s, a rootful daemon: %s, without Docker: %s is %j', (judged, rootful, bare, blame) => {
  const ruling = attribute(judgedAs[judged], { rootful: { seen: rootful }, bare: { seen: bare } });
  expect(ruling.blame).toBe(blame);
  expect(ruling.because).toMatch(/^[a-z].*[a-z]$/);
});

it('a failure of Docker in both modes is told apart from one of rootless mode', () => {
  const because = (rootful: Seen) =>
    attribute(judgedAs.red, { rootful: { seen: rootful }, bare: { seen: 'works' } }).because;
  expect(because('works')).toContain('only rootless Docker');
  expect(because('fails')).toContain('not rootless mode');
});

it('a limitation as documented is something that does not work', () => {
  expect(viewOf(judgedAs.documented)).toEqual({ seen: 'fails', detail: 'as documented' });
  expect(viewOf(judgedAs.lifted)).toEqual({ seen: 'works', detail: 'it started' });
  expect(viewOf(judgedAs.differs)).toEqual({ seen: 'fails', detail: 'other words' });
  expect(viewOf(judgedAs.red)).toEqual({ seen: 'fails', detail: 'the value' });
  expect(viewOf({ level: 'MUST', verdict: 'pass' })).toEqual({ seen: 'works' });
});

it('views are for what is red, and for limitations', () => {
  const wanted = (level: 'MUST' | 'LIMITATION', verdict: 'pass' | 'fail' | 'skip' | 'error' | 'blocked') =>
    wantsViews({ level, verdict });
  expect([wanted('MUST', 'fail'), wanted('LIMITATION', 'fail'), wanted('LIMITATION', 'pass')]).toEqual([
    true,
    true,
    true,
  ]);
  expect(['skip', 'error', 'blocked', 'pass'].map((verdict) => wanted('MUST', verdict as 'skip'))).not.toContain(true);
  expect(['skip', 'error', 'blocked'].map((verdict) => wanted('LIMITATION', verdict as 'skip'))).not.toContain(true);
});
