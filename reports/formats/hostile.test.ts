import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateStrict } from 'ctrf';
import { expect, test as it } from 'vitest';
import { readResults } from '../results/read-results.ts';
import { readAutopkgtest, readJunit, readKcidb, readSarif, readTap, readTmt } from '../synthetic-runs/read-back.ts';
import { hostileResults } from '../synthetic-runs/runs.ts';
import { autopkgtestSummary } from './autopkgtest.ts';
import { ctrfReport } from './ctrf.ts';
import { junitXml } from './junit.ts';
import { kcidbReport } from './kcidb.ts';
import { markdownSummary } from './markdown.ts';
import { sarifLog } from './sarif.ts';
import { tapDocument } from './tap.ts';
import { tmtResults } from './tmt.ts';

const results = hostileResults();
const checkIds = [...results.checks, ...(results.notJudged ?? [])].map(({ id }) => id).toSorted();

/** What each format holds, read back by a reader of its own: the ids of its checks. */
const formats: Record<string, [(one: typeof results) => string, (text: string) => string[]]> = {
  junit: [junitXml, (text) => readJunit(text).map(({ name }) => name.split(':')[0] ?? '')],
  tap: [tapDocument, (text) => readTap(text).points.map(({ name }) => name.split(':')[0] ?? '')],
  tmt: [tmtResults, (text) => readTmt(text).map(({ name }) => name.split('/').at(-1) ?? '')],
  kcidb: [kcidbReport, (text) => readKcidb(text).tests.map(({ path }) => path.split('.').at(-1) ?? '')],
  ctrf: [
    ctrfReport,
    (text) => {
      const report: unknown = JSON.parse(text);
      validateStrict(report);
      return (report as { results: { tests: { testId: string }[] } }).results.tests.map(({ testId }) => testId);
    },
  ],
  sarif: [sarifLog, (text) => readSarif(text).runs.flatMap(({ tool }) => tool.driver.rules.map(({ id }) => id))],
  autopkgtest: [autopkgtestSummary, (text) => readAutopkgtest(text).map(({ name }) => name)],
};

it('the hostile run is one that rdc export accepts', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rdc-hostile-')), 'results.json');
  writeFileSync(file, JSON.stringify(results));
  expect(readResults(file).checks).toHaveLength(results.checks.length);
});

it.each(Object.entries(formats))('%s has the checks of a hostile run and nothing else', (_, [write, read]) => {
  const ids = read(write(results)).filter((id) => !['', 'CONFORMANCE', 'rootless_docker'].includes(id));
  expect(ids.toSorted()).toEqual(checkIds);
});

const writers = Object.entries(formats).map(([name, [write]]) => [name, write] as const);
it.each([...writers, ['markdown', markdownSummary] as const])(
  '%s has no character that a terminal obeys or that hides text',
  (_, write) => {
    const text = write(results);
    expect(text.isWellFormed()).toBe(true);
    expect(text.match(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029\ufffe\uffff]/gu) ?? []).toEqual([]);
  },
);
