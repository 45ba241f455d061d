import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, expect, test as it, vi } from 'vitest';
import { renderError } from '../../harness/messages/errors.ts';
import { TargetRecord } from '../recording/target-record.ts';
import { checks, facts, judged, syntheticRun, syntheticTarget } from '../synthetic-runs/synthetic-run.ts';
import { readResults, readRun } from './read-results.ts';
import { type Results, resultsSchema } from './results.schema.ts';
import { writeResultsFile } from './run-folder.ts';
import { openSchema } from './unknown-fields.ts';

afterEach(() => vi.restoreAllMocks());

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
  const committed = JSON.parse(readFileSync(new URL('../results.schema.json', import.meta.url), 'utf8'));
  expect(committed, 'run: node cli/generate/write-schemas.ts').toEqual(openSchema(resultsSchema));
});

it('the committed schema takes what a newer minor version adds, and refuses what is wrong in what it knows', () => {
  const isResults = new Ajv({ strict: true, allowUnionTypes: true }).compile(openSchema(resultsSchema) as object);
  const results = readResults(written());
  expect(isResults({ ...results, schema: '1.9', score: 100 })).toBe(true);
  expect(isResults({ ...results, schema: '2' })).toBe(false);
  expect(isResults({ ...results, conformance: 'great' })).toBe(false);
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
  ['another version', (r) => Object.assign(r, { schema: '7' }), /\/schema: expected 1 or 1.N; .*, got "7"/],
  [
    'a version of another form',
    (r) => Object.assign(r, { schema: '1.x' }),
    /\/schema: expected 1 or 1.N; .*, got "1.x"/,
  ],
  ['a version that is no text', (r) => Object.assign(r, { schema: 1 }), /\/schema: must be string, got 1/],
  [
    'a fault beside a field that is not known',
    (r) => Object.assign(r, { schema: '1.7', score: 100, conformance: 'great' }),
    /\/conformance: expected one of (?!.*score)/s,
  ],
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
  ['a check that is there twice', (r) => r.checks.push(...r.checks), /NS-UIDMAP appears twice/],
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

it.each(['1', '1.0', '1.1', '1.2'])('results of schema %s are read', (schema) => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(readResults(written((results) => Object.assign(results, { schema }))).checks).toHaveLength(1);
  expect(told).not.toHaveBeenCalled();
});

it('of a newer minor version what is not known is ignored at every depth, and said once', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const newer = written((results) => {
    Object.assign(results, { schema: '1.7', host: { name: '\u001b[2Jx' } });
    Object.assign(results.checks[0] ?? {}, { severity: 3 });
    Object.assign(results.facts.host, { newFact: 1 });
  });
  const { schema: _, ...read } = readResults(newer);
  const { schema: __, ...plain } = readResults(written());
  const run = { ...plain.run, durationMs: read.run.durationMs, id: read.run.id, startedAt: read.run.startedAt };
  expect(read).toEqual({ ...plain, run, facts: { ...plain.facts, host: { ...plain.facts.host, newFact: 1 } } });
  readRun(newer);
  const file = join(newer, 'debian-13', 'results.json');
  const fields = '/checks/*/severity, /host';
  const line = `note: ${file}: ignored fields that version 1.2 does not have (the file is of 1.7): ${fields}\n`;
  expect(told.mock.calls.map(([text]) => text)).toEqual([line]);
});

it('a file of nothing but unknown fields is neither listed to the end nor held against itself', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`f${n}\u0007`, n]));
  expect(readResults(written((results) => Object.assign(results, many))).checks).toHaveLength(1);
  const [[line = ''] = []] = told.mock.calls;
  expect(line).toMatch(/: \/f0, \/f1, \/f2, \/f3, \/f4 and more\n$/);
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
