import { expect, test as it } from 'vitest';
import { readKcidb } from '../synthetic-runs/read-back.ts';
import { conformantRun, resultsOf, waiver } from '../synthetic-runs/runs.ts';
import { checks, judged } from '../synthetic-runs/synthetic-run.ts';
import { kcidbReport } from './kcidb.ts';

function read(results = resultsOf()) {
  const report = readKcidb(kcidbReport(results));
  return { report, of: (path: string) => report.tests.find((test) => test.path === `rootless_docker${path}`) };
}

it('every reference leads to an object of the same document', () => {
  const { report } = read(conformantRun());
  const ids = (list: { id: string }[]) => list.map(({ id }) => id);
  expect(report.builds.map(({ checkout_id }) => checkout_id)).toEqual(ids(report.checkouts));
  expect(new Set(report.tests.map(({ build_id }) => build_id))).toEqual(new Set(ids(report.builds)));
  expect(ids(report.tests)).toEqual(expect.arrayContaining(report.incidents.map(({ test_id }) => test_id)));
  expect(ids(report.issues)).toEqual(report.incidents.map(({ issue_id }) => issue_id));
  expect(new Set(ids(report.tests)).size).toBe(report.tests.length);
  expect(report.builds[0]).toMatchObject({ id: 'rdc:kernel:6.12.57+deb13-amd64:x86_64', architecture: 'x86_64' });
});

it('says each verdict, with what it was called here', () => {
  const { of } = read();
  expect(of('')).toMatchObject({ status: 'ERROR', comment: 'debian-13 is inconclusive' });
  expect(of('.namespaces.NS-UIDMAP')?.status).toBe('PASS');
  expect(of('.prerequisites.PRE-SUBID-COUNT')).toMatchObject({
    status: 'FAIL',
    log_excerpt: expect.stringContaining('found 4096'),
  });
  expect(of('.cgroups.CG-MEM')).toMatchObject({ status: 'MISS', misc: { rdc: { verdict: 'blocked' } } });
  expect(of('.cgroups.CG-CPU')?.status).toBe('ERROR');
  expect(of('.ports.PORT-PRIV-SYSCTL')?.status).toBe('SKIP');
  expect(of('.ports.PORT-PRIV-DENY')).toMatchObject({ status: 'FAIL', misc: { rdc: { finding: 'lifted' } } });
  expect(of('.sockets.SOCK-PRIVATE')?.status).toBe('MISS');
});

it('a waived failure is a failure with a known issue, a stale waiver an issue that is absent', () => {
  const { report, of } = read(conformantRun());
  expect(of('')?.status).toBe('PASS');
  expect(of('.prerequisites.PRE-SUBID-COUNT')).toMatchObject({ status: 'FAIL', misc: { rdc: { waiver: 'expected' } } });
  expect(report.issues).toMatchObject([{ report_url: 'https://bugs.example.org/1' }]);
  expect(report.incidents).toMatchObject([{ present: true }]);
  const stale = read(resultsOf([judged(checks.uidMap), judged(checks.sockets)], [waiver('NS-UIDMAP')]));
  expect(stale.report.incidents).toMatchObject([{ present: false }]);
  expect(stale.of('')?.status).toBe('FAIL');
});

it('two waivers of one bug are one issue', () => {
  const verdicts = [checks.uidMap, checks.gidMap].map((check) => judged(check, { verdict: 'fail', reason: 'no' }));
  const { report } = read(resultsOf([...verdicts, judged(checks.sockets)], [waiver('NS-UIDMAP'), waiver('NS-GIDMAP')]));
  expect([report.issues.length, report.incidents.length]).toEqual([1, 2]);
});

it('a target without facts, and one with an odd architecture, still have a build', () => {
  const results = conformantRun();
  const bare = read({ ...results, facts: { host: {}, daemon: null } });
  expect(bare.report.builds[0]?.id).toMatch(/^rdc:unknown:.*:debian-13:unknown$/);
  const odd = read({ ...results, facts: { host: { kernel: '6.1', architecture: 'RISC-V 64' }, daemon: null } });
  expect(odd.report.builds[0]?.architecture).toBeUndefined();
});
