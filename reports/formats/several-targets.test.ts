import { validateStrict } from 'ctrf';
import { XMLParser } from 'fast-xml-parser';
import { expect, test as it } from 'vitest';
import type { Results } from '../results/results.schema.ts';
import { readAutopkgtest, readJunit, readKcidb, readSarif, readTap, readTmt } from '../synthetic-runs/read-back.ts';
import { runFolderOf } from '../synthetic-runs/run-on-disk.ts';
import { conformantRun, resultsOf } from '../synthetic-runs/runs.ts';
import { exportRun, type FormatName, formats } from './registry.ts';

const named = (results: Results, name: string): Results => ({ ...results, target: { ...results.target, name } });
const green = named(conformantRun(), 'debian-13');
const red = named(resultsOf(), 'host.example');
const both: [Results, Results] = [green, red];
const count = green.checks.length + red.checks.length + (red.notJudged?.length ?? 0);
const write = (name: FormatName, ...all: [Results, ...Results[]]) => formats[name].write(...all);

it('rdc export takes a run of several targets in every format', () => {
  const folder = runFolderOf([green], [red]);
  for (const name of Object.keys(formats) as FormatName[]) expect(exportRun(folder, name), name).toContain('debian-13');
});

it('junit: a suite per target and area, with names that openQA and Jenkins keep apart', () => {
  const xml = write('junit', ...both);
  // CONFORMANCE of the target that is inconclusive
  expect(readJunit(xml)).toHaveLength(count + 1);
  const isArray = (name: string) => ['testsuite', 'testcase'].includes(name);
  const document = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray }).parse(xml);
  const suites: { id: string; package: string; testcase: { status: string; classname: string }[] }[] =
    document.testsuites.testsuite;
  expect(suites.map(({ id }) => id)).toEqual(suites.map((_, index) => String(index)));
  expect(new Set(suites.map((suite) => suite.package)).size).toBe(suites.length);
  expect(suites.map((suite) => suite.package)).toContain('host_example.namespaces');
  const cases = suites.flatMap(({ testcase }) => testcase);
  expect(new Set(cases.map(({ status }) => status))).toEqual(new Set(['success', 'failure', 'error', 'skipped']));
  expect(new Set(cases.map(({ classname }) => classname.replace(/\.[^.]*$/, '')))).toEqual(
    new Set(['debian-13', 'host.example']),
  );
  expect(xml).toMatch(/<system-out>level: MUST&#10;claim: .*&#10;found: .*&#10;to do: .*&#10;source: /);
});

it('tap: a subtest per target; one that is inconclusive is not ok, and does not end the document', () => {
  const { points, bailout, ok } = readTap(write('tap', ...both));
  expect({ bailout, ok }).toEqual({ bailout: false, ok: false });
  expect(points.map(({ name, ok: isOk }) => [name, isOk])).toEqual([
    ['debian-13', true],
    ['host.example', false],
  ]);
  expect(readTap(write('tap', green, named(green, 'debian-12'))).ok).toBe(true);
});

it('tmt: each check below its target, the whole as bad as the worst', () => {
  const entries = readTmt(write('tmt', ...both));
  expect(entries).toHaveLength(count + 1);
  expect(entries[0]).toMatchObject({ name: '/', result: 'error' });
  expect(entries.find(({ name }) => name === '/debian-13/namespaces/NS-UIDMAP')?.log).toEqual([
    'debian-13/evidence/NS-UIDMAP.txt',
  ]);
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
});

it('kcidb: a kernel and a bug of two targets stand once', () => {
  const report = readKcidb(write('kcidb', ...both));
  expect(report.tests).toHaveLength(count + 2);
  expect(report.checkouts).toHaveLength(1);
  expect(new Set(report.tests.map(({ id }) => id)).size).toBe(report.tests.length);
});

it('ctrf: valid by its own schema, healthy when all targets are', () => {
  type Report = {
    results: { tests: { testId: string }[]; environment: { healthy: boolean }; summary: { tests: number } };
  };
  const read = (text: string) => {
    const report = JSON.parse(text);
    validateStrict(report);
    return report as Report;
  };
  const { results } = read(write('ctrf', ...both));
  expect([results.summary.tests, results.environment.healthy]).toEqual([count + 1, false]);
  expect(new Set(results.tests.map(({ testId }) => testId)).size).toBe(count + 1);
  expect(read(write('ctrf', green, named(green, 'debian-12'))).results.environment.healthy).toBe(true);
});

it('sarif: a run per target', () => {
  const { runs } = readSarif(write('sarif', ...both));
  expect(runs.map(({ automationDetails }) => automationDetails.id)).toEqual(['rdc/debian-13/', 'rdc/host.example/']);
});

it('autopkgtest: a line is called after its target too', () => {
  const lines = readAutopkgtest(write('autopkgtest', ...both));
  expect(lines).toHaveLength(count + 1);
  expect(lines.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['debian-13.NS-UIDMAP', 'host.example.NS-UIDMAP', 'host.example.CONFORMANCE']),
  );
});

it('markdown: a section per target', () => {
  expect(write('markdown', ...both).match(/^### .*/gm)).toHaveLength(2);
});
