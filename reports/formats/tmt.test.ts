import { expect, test as it } from 'vitest';
import { readTmt } from '../synthetic-runs/read-back.ts';
import { conformantRun, resultsOf, waiver } from '../synthetic-runs/runs.ts';
import { checks, judged } from '../synthetic-runs/synthetic-run.ts';
import { tmtResults } from './tmt.ts';

const entries = (results = resultsOf()) => new Map(readTmt(tmtResults(results)).map((one) => [one.name, one]));

it('says each verdict, with what it was called here', () => {
  const of = entries();
  expect(of.get('/namespaces/NS-UIDMAP')).toMatchObject({
    result: 'pass',
    log: ['evidence/NS-UIDMAP.txt'],
    duration: '00:00:07',
  });
  expect(of.get('/prerequisites/PRE-SUBID-COUNT')).toMatchObject({ result: 'fail', 'original-result': 'fail' });
  expect(of.get('/cgroups/CG-MEM')).toMatchObject({
    result: 'skip',
    ids: { 'rdc-verdict': 'blocked', 'rdc-blockedBy': 'PRE-SUBID-COUNT' },
  });
  expect(of.get('/ports/PORT-PRIV-DENY')).toMatchObject({
    'original-result': 'fail',
    ids: { 'rdc-finding': 'lifted', 'rdc-level': 'LIMITATION' },
  });
  expect(of.get('/ports/PORT-PRIV-SYSCTL')).toMatchObject({ result: 'skip', ids: { 'rdc-verdict': 'skip' } });
  expect(of.get('/sockets/SOCK-PRIVATE')).toMatchObject({ result: 'error', ids: { 'rdc-verdict': 'error' } });
});

it('the whole test has the outcome of the target', () => {
  expect(entries().get('/')).toMatchObject({
    result: 'error',
    note: ['debian-13 is inconclusive', expect.any(String), expect.any(String)],
  });
  expect(entries(conformantRun()).get('/')).toMatchObject({ result: 'pass', note: ['debian-13 is conformant'] });
  expect(
    entries(resultsOf([judged(checks.uidMap, { verdict: 'fail' }), judged(checks.sockets)])).get('/'),
  ).toMatchObject({
    result: 'fail',
    note: ['debian-13 is non-conformant', 'failed: NS-UIDMAP'],
  });
});

it('a failure that does not gate is a soft pass, unless the run gates it', () => {
  const results = resultsOf([
    judged(checks.privileged, { verdict: 'fail', finding: 'lifted' }),
    judged(checks.sockets),
  ]);
  const soft = { result: 'info', 'original-result': 'fail' };
  expect(entries(results).get('/ports/PORT-PRIV-DENY')).toMatchObject(soft);
  expect(entries(results).get('/')).toMatchObject({ result: 'pass' });
  const strict: typeof results = { ...results, run: { ...results.run, gate: ['MUST', 'LIMITATION'] } };
  expect(entries(strict).get('/ports/PORT-PRIV-DENY')).toMatchObject({ result: 'fail' });
  expect(entries(strict).get('/')).toMatchObject({ result: 'fail' });
});

it('a waived failure is a soft pass that was a failure, and a stale waiver a failure that was a pass', () => {
  expect(entries(conformantRun()).get('/prerequisites/PRE-SUBID-COUNT')).toMatchObject({
    result: 'info',
    'original-result': 'fail',
    ids: { 'rdc-waiver': 'expected', 'rdc-bug': 'https://bugs.example.org/1' },
  });
  const stale = resultsOf([judged(checks.uidMap), judged(checks.sockets)], [waiver('NS-UIDMAP')]);
  expect(entries(stale).get('/namespaces/NS-UIDMAP')).toMatchObject({ result: 'fail', 'original-result': 'pass' });
});

it('times and words that YAML 1.1 takes for numbers are strings', () => {
  const text = tmtResults(conformantRun());
  expect(text).toContain('duration: "01:02:05"');
  expect(text).toContain('result: "pass"');
});
