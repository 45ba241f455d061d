import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test as it } from 'vitest';
import { hostile } from '../../harness/test-doubles/hostile-texts.ts';
import { TargetRecord } from '../recording/target-record.ts';
import type { Results } from '../results/results.schema.ts';
import { readJunit, readTap } from '../synthetic-runs/read-back.ts';
import { conformantRun } from '../synthetic-runs/runs.ts';
import { checks, judged, syntheticRun, syntheticTarget, syntheticVerdicts } from '../synthetic-runs/synthetic-run.ts';
import { junitXml } from './junit.ts';
import { tapDocument } from './tap.ts';

function resultsOf(verdicts = syntheticVerdicts(), broken?: string): Results {
  const run = syntheticRun();
  const expected = Object.values(checks).filter(
    ({ id }) => id === 'SOCK-PRIVATE' || verdicts.some((one) => one.id === id),
  );
  const record = new TargetRecord(run, syntheticTarget(run, 'debian-13', expected));
  for (const verdict of verdicts) record.judge(verdict);
  record.end({ infraRetries: 0, ...(broken === undefined ? {} : { broken }) });
  return record.results();
}

type Case = {
  name: string;
  failure?: { type: string; message: string };
  error?: { message: string };
  skipped?: { message: string };
};
type Suite = { name: string; tests: string; errors: string; testcase: Case[] };

function parse(xml: string): {
  testsuites: { tests: string; failures: string; errors: string; skipped: string; testsuite: Suite[] };
} {
  const isArray = (name: string) => name === 'testsuite' || name === 'testcase' || name === 'property';
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray }).parse(xml);
}

const casesOf = (xml: string) => parse(xml).testsuites.testsuite.flatMap(({ testcase }) => testcase);

describe('junit.xml', () => {
  it('has no markup and no control characters of its own, whatever a target said', () => {
    const xml = junitXml(
      resultsOf([judged(checks.uidMap, { verdict: 'fail', reason: Object.values(hostile).join(']]>\u0000') })]),
    );
    expect(parse(xml).testsuites.tests).toBe('3');
    expect([...xml].filter((character) => character < ' ' && character !== '\n')).toEqual([]);
    expect(xml).not.toContain('<script');
  });

  it('says each verdict in its own way, reasons included', () => {
    const cases = casesOf(junitXml(resultsOf()));
    const of = (id: string) => cases.find(({ name }) => name.startsWith(`${id}:`));
    expect(of('PRE-SUBID-COUNT')?.failure).toMatchObject({
      type: 'fail',
      message: expect.stringContaining('found 4096'),
    });
    expect(of('PORT-PRIV-DENY')?.failure?.type).toBe('lifted');
    expect(of('CG-MEM')?.skipped?.message).toBe('blocked by PRE-SUBID-COUNT: no container starts');
    expect(of('PORT-PRIV-SYSCTL')?.skipped?.message).toBe('port 80 is unprivileged on this host');
    expect(of('CG-CPU')?.error?.message).toContain('[TIMEOUT]');
    expect(of('SOCK-PRIVATE')?.error?.message).toContain('never judged');
  });

  it('counts add up and carry remedy and source', () => {
    const xml = junitXml(resultsOf());
    expect(parse(xml).testsuites).toMatchObject({ tests: '11', failures: '3', errors: '3', skipped: '3' });
    expect(xml).toContain('name="remedy" value="sudo usermod --add-subuids 100000-165535');
    expect(xml).toContain('name="source" value="https://docs.docker.com/engine/security/rootless/#prerequisites"');
  });

  it.each([
    ['broken', resultsOf([judged(checks.uidMap), judged(checks.sockets)], 'the VM is gone'), 'the VM is gone'],
    [
      'a block that nothing explains',
      resultsOf([judged(checks.sockets), judged(checks.memory, { verdict: 'blocked' })]),
      'blocked by something',
    ],
    ['empty', resultsOf([]), 'nothing ran'],
  ])('a target that is inconclusive is not green: %s', (_, results, why) => {
    const errors = casesOf(junitXml(results)).flatMap(({ error }) => (error ? [error.message] : []));
    expect(errors.join('\n')).toContain(why);
  });

  it('what JUnit has no word for is in the properties of a case', () => {
    const words = (results: Results, id: string) => {
      const found = readJunit(junitXml(results)).find(({ name }) => name.startsWith(`${id}:`));
      return Object.fromEntries(found?.properties.property.map(({ name, value }) => [name, value]) ?? []);
    };
    expect(words(resultsOf(), 'CG-MEM')).toMatchObject({ verdict: 'blocked', blockedBy: 'PRE-SUBID-COUNT' });
    expect(words(resultsOf(), 'PORT-PRIV-DENY')).toMatchObject({ level: 'LIMITATION', finding: 'lifted' });
    expect(words(conformantRun(), 'PRE-SUBID-COUNT')).toMatchObject({
      verdict: 'fail',
      waiver: 'expected',
      bug: 'https://bugs.example.org/1',
    });
  });

  it('a conformant target has no failure and no error', () => {
    const results = resultsOf([judged(checks.uidMap), judged(checks.sockets)]);
    expect(parse(junitXml(results)).testsuites).toMatchObject({ tests: '2', failures: '0', errors: '0' });
  });
});

describe('TAP', () => {
  it('has one point a check, skips with reasons, and bails out when inconclusive', () => {
    const tap = tapDocument(resultsOf());
    expect(tap).toMatch(/^TAP version 14\n1\.\.10\n/);
    expect(tap).toContain(
      'ok 8 - PORT-PRIV-SYSCTL: the sysctl opens port 80 # SKIP port 80 is unprivileged on this host',
    );
    expect(tap).toMatch(
      /not ok 3 - PRE-SUBID-COUNT.*\n {2}---\n {2}message: ".*\n {2}level: "MUST"\n {2}verdict: "fail"/,
    );
    expect(tap).toMatch(/Bail out! inconclusive: .*SOCK-PRIVATE/);
    expect(tapDocument(resultsOf([judged(checks.sockets)]))).not.toContain('Bail out!');
  });

  it('is what a reader of TAP takes it for', () => {
    const { points, bailout, ok } = readTap(tapDocument(resultsOf()));
    expect({ bailout: String(bailout), ok }).toEqual({ bailout: expect.stringContaining('inconclusive'), ok: false });
    expect(points.map((point) => [point.ok, point.skip !== false])).toEqual([
      [true, false],
      [true, false],
      [false, false],
      [true, true],
      [false, false],
      [false, false],
      [false, false],
      [true, true],
      [true, true],
      [false, false],
    ]);
    expect(points.at(3)).toMatchObject({
      skip: 'blocked by PRE-SUBID-COUNT: no container starts',
      diag: { verdict: 'blocked' },
    });
    expect(points.at(5)?.diag).toMatchObject({ finding: 'lifted', level: 'LIMITATION' });
  });

  it('a waived failure is a todo with its bug, and the document passes', () => {
    const { points, ok } = readTap(tapDocument(conformantRun()));
    expect(ok).toBe(true);
    expect(points.at(3)).toMatchObject({
      ok: false,
      todo: expect.stringContaining('expected failure, waived'),
      diag: { waiver: 'expected', bug: 'https://bugs.example.org/1' },
    });
  });

  it('a title cannot add a directive', () => {
    const tap = tapDocument(
      resultsOf([judged(checks.uidMap, { verdict: 'fail', reason: 'no', title: 'x # TODO\nok 2 - y' })]),
    );
    expect(tap).toContain('not ok 1 - NS-UIDMAP: x \\# TODO ok 2 - y\n');
  });
});
