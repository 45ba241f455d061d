import { expect, test as it } from 'vitest';
import { readAutopkgtest } from '../synthetic-runs/read-back.ts';
import { conformantRun, resultsOf } from '../synthetic-runs/runs.ts';
import { autopkgtestSummary } from './autopkgtest.ts';

const lines = (results = resultsOf()) =>
  new Map(readAutopkgtest(autopkgtestSummary(results)).map((line) => [line.name, line]));

it('has a line for each check, with the reason', () => {
  const of = lines();
  expect(of.size).toBe(11);
  expect(of.get('NS-UIDMAP')).toEqual({ name: 'NS-UIDMAP', result: 'PASS', why: '' });
  expect(of.get('CG-MEM')).toMatchObject({ result: 'SKIP', why: 'blocked by PRE-SUBID-COUNT: no container starts' });
  expect(of.get('CG-CPU')).toMatchObject({ result: 'FAIL', why: 'error: [TIMEOUT] exec of busy in 30 s' });
  expect(of.get('PORT-PRIV-DENY')?.why).toMatch(/^lifted: /);
  expect(of.get('SOCK-PRIVATE')?.why).toMatch(/^error: never judged/);
});

it('a target that is not judged to the end is red whatever its lines say', () => {
  expect(lines().get('CONFORMANCE')).toMatchObject({
    result: 'FAIL',
    why: expect.stringMatching(/^error: inconclusive/),
  });
});

it('a waived failure is skipped, and says so', () => {
  const of = lines(conformantRun());
  expect([...of.values()].map(({ result }) => result)).toEqual(['PASS', 'PASS', 'SKIP', 'SKIP']);
  expect(of.get('PRE-SUBID-COUNT')?.why).toMatch(/^expected failure, waived/);
});

it('the columns are those of autopkgtest', () => {
  // adtlog.report('NS-UIDMAP', 'PASS') of autopkgtest 5.28 prints this line
  expect(autopkgtestSummary(resultsOf())).toContain('NS-UIDMAP            PASS\n');
});
