import { expect, test as it } from 'vitest';
import { readSarif } from '../synthetic-runs/read-back.ts';
import { conformantRun, resultsOf } from '../synthetic-runs/runs.ts';
import { sarifLog } from './sarif.ts';

function read(results = resultsOf()) {
  const [run] = readSarif(sarifLog(results)).runs;
  if (run === undefined) throw new Error('no run');
  return { run, of: (id: string) => run.results.find(({ ruleId }) => ruleId === id) };
}

it('every check is a rule, and what is red is a result of it', () => {
  const { run, of } = read();
  expect(run.tool.driver.rules).toHaveLength(10);
  expect(run.results.map(({ ruleId, ruleIndex }) => [ruleId, run.tool.driver.rules[ruleIndex]?.id])).toEqual(
    run.results.map(({ ruleId }) => [ruleId, ruleId]),
  );
  expect(run.results.map(({ ruleId }) => ruleId)).toEqual([
    'PRE-SUBID-COUNT',
    'CG-MEM',
    'CG-CPU',
    'PORT-PRIV-DENY',
    'LIM-MLOCK-OVER',
    'SOCK-PRIVATE',
  ]);
  expect(of('PRE-SUBID-COUNT')).toMatchObject({ level: 'error', properties: { verdict: 'fail' }, suppressions: [] });
  expect(of('PRE-SUBID-COUNT')?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(
    'debian-13/evidence/PRE-SUBID-COUNT.txt',
  );
  expect(of('CG-MEM')?.message.text).toBe('blocked by PRE-SUBID-COUNT: no container starts');
  expect(of('PORT-PRIV-DENY')).toMatchObject({ level: 'note', properties: { finding: 'lifted' } });
});

it('an inconclusive target is an execution that failed, and says why', () => {
  const { run } = read();
  expect(run.invocations[0]?.executionSuccessful).toBe(false);
  expect(run.invocations[0]?.toolExecutionNotifications.map(({ message }) => message.text).join()).toContain(
    'SOCK-PRIVATE',
  );
});

it('a waived failure is suppressed, with its bug', () => {
  const { run, of } = read(conformantRun());
  expect(run.invocations[0]?.executionSuccessful).toBe(true);
  expect(run.results).toHaveLength(1);
  expect(of('PRE-SUBID-COUNT')?.suppressions[0]?.justification).toContain('https://bugs.example.org/1');
});
