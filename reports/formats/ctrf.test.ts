import { parse, validateStrict } from 'ctrf';
import { expect, test as it } from 'vitest';
import { conformantRun, resultsOf, waiver } from '../synthetic-runs/runs.ts';
import { checks, judged } from '../synthetic-runs/synthetic-run.ts';
import { ctrfReport } from './ctrf.ts';

function read(results = resultsOf()) {
  const report = parse(ctrfReport(results));
  validateStrict(report);
  return { report, of: (id: string) => report.results.tests.find(({ testId }) => testId === id) };
}

it('is valid by the schema of ctrf, and its counts add up', () => {
  const { report } = read();
  const { tests, passed, failed, skipped, pending, other, start, stop } = report.results.summary;
  expect([tests, passed, failed, skipped, pending, other]).toEqual([11, 2, 6, 3, 0, 0]);
  expect(report.results.tests).toHaveLength(11);
  expect(stop - start).toBe(report.results.summary.duration);
});

it('says each verdict, with what it was called here', () => {
  const { of } = read();
  expect(of('NS-UIDMAP')).toMatchObject({
    status: 'passed',
    suite: ['debian-13', 'namespaces'],
    attachments: [{ path: 'evidence/NS-UIDMAP.txt' }],
  });
  expect(of('CG-MEM')).toMatchObject({
    status: 'skipped',
    rawStatus: 'blocked',
    extra: { rdc: { blockedBy: 'PRE-SUBID-COUNT' } },
  });
  expect(of('CG-CPU')).toMatchObject({
    status: 'failed',
    rawStatus: 'error',
    message: '[TIMEOUT] exec of busy in 30 s',
  });
  expect(of('PORT-PRIV-DENY')).toMatchObject({ status: 'failed', extra: { rdc: { finding: 'lifted' } } });
  expect(of('CONFORMANCE')).toMatchObject({ status: 'failed', rawStatus: 'error' });
});

it('a waived failure is other, a stale waiver failed, and a conformant target healthy', () => {
  const { report, of } = read(conformantRun());
  expect(of('PRE-SUBID-COUNT')).toMatchObject({
    status: 'other',
    rawStatus: 'fail',
    extra: { rdc: { waiver: 'expected' } },
  });
  expect(report.results.environment).toMatchObject({ healthy: true, osVersion: 'Debian GNU/Linux 13 (trixie)' });
  const stale = read(resultsOf([judged(checks.uidMap), judged(checks.sockets)], [waiver('NS-UIDMAP')]));
  expect(stale.of('NS-UIDMAP')).toMatchObject({ status: 'failed', rawStatus: 'pass' });
  expect(stale.report.results.environment?.healthy).toBe(false);
});

it('a start that is no time is refused', () => {
  const results = conformantRun();
  const broken = { ...results, run: { ...results.run, startedAt: 'yesterday\u001b[2J' } };
  expect(() => ctrfReport(broken)).toThrow('[INPUT] /run/startedAt: expected an ISO 8601 time, got yesterday');
});
