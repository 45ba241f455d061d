import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { renderError } from '../harness/errors.ts';
import { readResults, readRun } from './read-results.ts';
import { type Results, resultsSchema } from './results.schema.ts';
import { writeResultsFile } from './results-file.ts';
import { TargetRecord } from './target-record.ts';
import { checks, facts, judged, syntheticRun, syntheticTarget } from './testing/synthetic-run.ts';

function written(change: (results: Results) => unknown = () => undefined): string {
  const run = syntheticRun();
  const target = syntheticTarget(run, 'debian-13', [checks.uidMap]);
  const record = new TargetRecord(run, target);
  record.readFacts(facts);
  record.judge(judged(checks.uidMap));
  record.end({ infraRetries: 0 });
  const results = record.results();
  change(results);
  writeResultsFile(target.folder, results);
  return run.folder;
}

function refusal(change: (results: Results) => unknown): string {
  try {
    readResults(written(change));
  } catch (error) {
    return renderError(error);
  }
  return 'accepted';
}

it('the committed schema is the one in the source', () => {
  const committed = JSON.parse(readFileSync(new URL('results.schema.json', import.meta.url), 'utf8'));
  expect(committed, 'run: node reports/write-results-schema.ts').toEqual(JSON.parse(JSON.stringify(resultsSchema)));
});

it('a pipe in the place of a file is refused at once', () => {
  const file = join(syntheticRun().folder, 'results.json');
  execFileSync('mkfifo', [file]);
  expect(() => readResults(file)).toThrow('not a regular file');
});

it('a run folder, a target folder and a file read the same', () => {
  const folder = written();
  const expected = readResults(folder);
  expect(readResults(join(folder, 'debian-13'))).toEqual(expected);
  expect(readResults(join(folder, 'debian-13', 'results.json'))).toEqual(expected);
});

it('a run of two targets is refused where one is expected, and named', () => {
  const folder = written();
  mkdirSync(join(folder, 'debian-12'));
  writeResultsFile(join(folder, 'debian-12'), readResults(folder));
  expect(() => readResults(folder)).toThrow(/expected the results of one target, found 2: debian-12, debian-13/);
  expect(readRun(folder)).toHaveLength(2);
});

it.each<[string, (results: Results) => unknown, RegExp]>([
  [
    'an unknown verdict',
    (r) => Object.assign(r.checks[0] ?? {}, { verdict: 'great' }),
    /\/checks\/0\/verdict: expected one of pass, fail.*got "great"/,
  ],
  ['another version', (r) => Object.assign(r, { schema: '7' }), /\/schema: expected "1", got "7"/],
  ['an unknown property', (r) => Object.assign(r, { score: 100 }), /unknown property "score"/],
  [
    'evidence outside the folder',
    (r) => Object.assign(r.checks[0] ?? {}, { evidence: '../../etc/shadow' }),
    /\/checks\/0\/evidence/,
  ],
  ['absolute evidence', (r) => Object.assign(r.checks[0] ?? {}, { evidence: '/etc/shadow' }), /\/checks\/0\/evidence/],
  [
    'a ledger that does not add up',
    (r) => Object.assign(r.ledger, { pass: 37 }),
    /\/ledger\/pass: expected 1 .*got 37/,
  ],
  ['a check that is there twice', (r) => r.checks.push(...r.checks), /NS-UIDMAP is there twice/],
  [
    'green over an error',
    (r) => Object.assign(r.checks[0] ?? {}, { verdict: 'error' }),
    /\/conformance: expected inconclusive/,
  ],
  ['green though cut off', (r) => Object.assign(r, { incomplete: 'killed' }), /\/conformance: expected inconclusive/],
])('%s is refused with its path', (_, change, message) => {
  expect(refusal(change)).toMatch(message);
});

it('problems are listed together, without the control characters of a hostile file', () => {
  const message = refusal((results) => {
    Object.assign(results, { conformance: '\u001b[2Jgreen' });
    Object.assign(results.run, { infraRetries: -1 });
  });
  expect(message).toMatch(/\/conformance: .*\n.*\/run\/infraRetries|\/run\/infraRetries: .*\n.*\/conformance/);
  expect(message).not.toContain('\u001b');
});

it.each([
  ['not JSON', '{"schema": "1", ', /not JSON/],
  ['another document', '[1, 2]', /must be object/],
  ['deeply nested', '['.repeat(200_000), /not JSON|not a results file/],
])('%s is refused', (_, text, message) => {
  const folder = written();
  writeFileSync(join(folder, 'debian-13', 'results.json'), text);
  expect(() => readResults(folder)).toThrow(message);
});

it('a file over the limit is refused before it is read; a missing one has a hint', () => {
  const folder = written();
  truncateSync(join(folder, 'debian-13', 'results.json'), 40 * 1024 * 1024);
  expect(() => readResults(folder)).toThrow(/41943040 bytes, the limit is 33554432/);
  expect(() => readResults('/nonexistent')).toThrow(/\[INPUT\] \/nonexistent: no such file/);
});
