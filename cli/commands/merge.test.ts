import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { createBundle } from '../../reports/bundle/create-bundle.ts';
import { tapDocument } from '../../reports/formats/tap.ts';
import { joinResults } from '../../reports/merge/join-results.ts';
import { mergeRuns } from '../../reports/merge/merge-runs.ts';
import { readRun } from '../../reports/results/read-results.ts';
import { type Results, resultsVersion } from '../../reports/results/results.schema.ts';
import { resultsWith, type Told } from '../../reports/synthetic-runs/compared-results.ts';
import { type BesideResults, runFolderOf } from '../../reports/synthetic-runs/run-on-disk.ts';
import { command as mergeCommand } from './merge.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-merge-'));
});

const facts = {
  host: { kernel: '6.12', memoryMiB: 1973, user: { name: 'tester' } },
  daemon: { serverVersion: '26.1' },
};

function shard(startedAt: string, told: readonly Told[], changes: Partial<Results> = {}): Results {
  const results = resultsWith('debian-13', told, { ...facts, startedAt });
  return {
    ...results,
    run: { ...results.run, id: `run at ${startedAt.slice(11, 16)}`, durationMs: 60_000 },
    ...changes,
  };
}

const morning = '2026-11-22T05:00:00.000Z';
const noon = '2026-11-22T12:00:00.000Z';
const one = (verdict: Told['verdict'], more: Partial<Told> = {}): Told => ({ id: 'CG-MEM', verdict, ...more });

const join2 = (a: Results, b: Results) => joinResults({ from: 'A', results: a }, { from: 'B', results: b });

it('two shards of one target are one results file, whose ledger adds up', () => {
  const a = shard(morning, [{ id: 'NS-UIDMAP', verdict: 'pass' }, one('fail', { reason: 'no limit' })]);
  const b = shard(noon, [{ id: 'SOCK-MODE', verdict: 'skip', reason: 'no socket' }]);
  const { results, twice, differing } = join2(a, b);
  expect(results.checks.map(({ id }) => id)).toEqual(['NS-UIDMAP', 'CG-MEM', 'SOCK-MODE']);
  expect(results.ledger).toEqual({ total: 3, pass: 1, fail: 1, skip: 1, blocked: 0, error: 0, flaky: 0 });
  expect(results).toMatchObject({ conformance: 'non-conformant', facts, suite: a.suite });
  expect(results.run).toMatchObject({ id: 'run at 05:00 + run at 12:00', startedAt: morning, durationMs: 25_260_000 });
  expect([twice, differing]).toEqual([0, []]);
});

it('a check that is blocked by a failure in the other shard is explained by it', () => {
  const blocked = { id: 'SOCK-MODE', verdict: 'blocked', blockedBy: 'CG-MEM', reason: 'no limit' } as const;
  const b = { ...shard(noon, [blocked]), conformance: 'inconclusive' as const };
  expect(join2(b, shard(morning, [one('fail', { reason: 'no limit' })])).results.conformance).toBe('non-conformant');
});

it.each<[string, Told, Told, object]>([
  [
    'pass and fail',
    one('pass'),
    one('fail', { reason: 'no limit' }),
    { verdict: 'fail', reason: 'judged twice: pass in A; fail in B: no limit' },
  ],
  [
    'fail and pass',
    one('fail', { reason: 'no limit' }),
    one('pass'),
    { verdict: 'fail', reason: 'judged twice: fail in A: no limit; pass in B' },
  ],
  [
    'pass and skip',
    one('pass'),
    one('skip', { reason: 'old' }),
    { verdict: 'skip', reason: 'judged twice: pass in A; skip in B: old' },
  ],
  ['fail and error', one('fail', { reason: 'no' }), one('error', { reason: 'lost' }), { verdict: 'error' }],
  [
    'two findings',
    one('fail', { level: 'LIMITATION', finding: 'lifted', reason: 'lifted: a' }),
    one('fail', { level: 'LIMITATION', finding: 'differs', reason: 'differs: b' }),
    { verdict: 'fail', reason: 'judged twice: lifted in A: lifted: a; differs in B: differs: b' },
  ],
])('%s: nothing is decided quietly, the worst stands and is flaky', (_, a, b, expected) => {
  const { results, twice, differing } = join2(shard(morning, [a]), shard(noon, [b]));
  expect(results.checks).toMatchObject([{ ...expected, flaky: true }]);
  expect(results.ledger).toMatchObject({ total: 1, pass: 0, flaky: 1 });
  expect([twice, differing]).toEqual([1, ['CG-MEM']]);
});

it('the same verdict twice is counted once and not flaky; what was flaky stays so', () => {
  const same = join2(shard(morning, [one('pass')]), shard(noon, [one('pass')]));
  expect(same).toMatchObject({ twice: 1, differing: [], results: { ledger: { total: 1, pass: 1, flaky: 0 } } });
  const flaky = one('fail', { reason: 'x', flaky: true });
  const steady = one('fail', { reason: 'x' });
  expect(join2(shard(morning, [steady]), shard(noon, [flaky])).results.checks[0]?.flaky).toBe(true);
  expect(join2(shard(morning, [flaky]), shard(noon, [steady])).results.checks[0]?.flaky).toBe(true);
});

it('three runs that differ name all three', () => {
  const two = join2(shard(morning, [one('pass')]), shard(noon, [one('fail', { reason: 'no limit' })]));
  const three = joinResults(two, { from: 'C', results: shard(noon, [one('skip', { reason: 'old' })]) });
  expect(three.results.checks[0]?.reason).toMatch(/pass in A; fail in B: no limit.*skip in C: old/);
  expect(three.results.checks[0]?.verdict).toBe('fail');
});

it('what one shard owes, the other pays; what nobody judged and what was cut off stay inconclusive', () => {
  const owed = (id: string) => ({ id, area: 'cgroups', level: 'MUST', title: id }) as const;
  const cut = (notJudged: Results['notJudged'] & object) =>
    shard(morning, [one('pass')], { notJudged, conformance: 'inconclusive' });
  const b = shard(noon, [{ id: 'NS-UIDMAP', verdict: 'pass' }]);
  expect(join2(cut([owed('NS-UIDMAP')]), b).results).toMatchObject({ conformance: 'conformant', ledger: { pass: 2 } });
  expect(join2(cut([owed('NS-UIDMAP')]), b).results.notJudged).toBeUndefined();
  expect(join2(cut([owed('SOCK-MODE')]), b).results).toMatchObject({
    conformance: 'inconclusive',
    notJudged: [{ id: 'SOCK-MODE' }],
  });
  const killed = shard(morning, [one('pass')], { incomplete: 'killed', conformance: 'inconclusive' });
  expect(join2(killed, b).results).toMatchObject({ conformance: 'inconclusive', incomplete: 'killed' });
});

it('what a run of everything owes, the joined results owe', () => {
  const a = shard(morning, [one('pass')], { ratchet: { judged: 2, date: '2026-11-21' }, conformance: 'inconclusive' });
  expect(join2(a, shard(noon, [one('pass')])).results.conformance).toBe('inconclusive');
  expect(join2(a, shard(noon, [{ id: 'NS-UIDMAP', verdict: 'pass' }])).results.conformance).toBe('conformant');
});

it.each<[string, Partial<Results>, RegExp]>([
  [
    'another kernel',
    { facts: { host: { ...facts.host, kernel: '6.1' }, daemon: facts.daemon } },
    /facts.host.kernel is "6.12" and "6.1"/,
  ],
  ['a daemon that does not answer', { facts: { host: facts.host, daemon: null } }, /facts.daemon is .* and null/],
  ['another kind', { target: { name: 'debian-13', kind: 'ssh' } }, /target.kind is "machine" and "ssh"/],
  ['another suite', { suite: { version: '0.1.0', digest: 'sha256:1' } }, /suite.digest is "sha256:0" and "sha256:1"/],
])('%s is another target', (_, changes, message) => {
  expect(() => join2(shard(morning, [one('pass')]), shard(noon, [one('pass')], changes))).toThrow(message);
});

it('another gate is another target, and the gate that is not named is MUST', () => {
  const withGate = (...gate: ('MUST' | 'SHOULD')[]) => {
    const results = shard(noon, [one('pass')]);
    return { ...results, run: { ...results.run, gate } };
  };
  expect(() => join2(withGate('MUST', 'SHOULD'), withGate('MUST'))).toThrow(/gate.1 is "SHOULD" and not there/);
  expect(join2(withGate('MUST'), shard(morning, [one('pass')])).results.conformance).toBe('conformant');
});

it('a little memory more or less is the same machine', () => {
  const more = { host: { ...facts.host, memoryMiB: 1974 }, daemon: facts.daemon };
  expect(
    join2(shard(morning, [one('pass')]), shard(noon, [], { facts: more, conformance: 'inconclusive' })).twice,
  ).toBe(0);
});

const inputsOf = (...runs: readonly (readonly [Results, BesideResults?])[]) =>
  runs.map((run, index) => ({ from: `run-${index}`, path: runFolderOf(run) }));

it('machines stand side by side, shards are joined, evidence and consoles go with them', async () => {
  const evidence = { evidence: 'evidence/CG-MEM.txt' };
  const inputs = inputsOf(
    [shard(morning, [one('pass', evidence)]), { 'evidence/CG-MEM.txt': 'first', 'console.log': 'one' }],
    [resultsWith('debian-12', [one('fail', { reason: 'x', ...evidence })]), { 'evidence/CG-MEM.txt': 'twelve' }],
    [
      shard(noon, [one('fail', { reason: 'x', ...evidence })]),
      { 'evidence/CG-MEM.txt': 'second', 'console.log': 'two' },
    ],
  );
  const out = join(folder, 'merged');
  const { targets, exitCode } = await mergeRuns(inputs, out);
  expect(exitCode).toBe(1);
  expect(targets.map(({ name, from, differing }) => [name, from, differing])).toEqual([
    ['debian-12', ['run-1'], []],
    ['debian-13', ['run-0', 'run-2'], ['CG-MEM']],
  ]);
  const [twelve, thirteen] = readRun(out);
  expect(twelve?.results).toEqual({ ...readRun(inputs[1]?.path ?? '')[0]?.results, schema: resultsVersion });
  const read = (name: string) => readFileSync(join(out, 'debian-13', name), 'utf8');
  const kept = thirteen?.results.checks[0]?.evidence ?? '';
  expect(kept, "the failure's evidence").toBe('evidence/CG-MEM-2.txt');
  expect([read(kept), read('evidence/CG-MEM.txt'), read('console.log'), read('console-2.log')]).toEqual([
    'second',
    'first',
    'one',
    'two',
  ]);
  expect(read('junit.xml')).toContain('judged twice');
  expect(readdirSync(folder)).toEqual(['merged']);
});

it('what was merged is read by the exports, packed, and merged again without a change', async () => {
  const inputs = inputsOf([shard(morning, [one('pass')])], [resultsWith('debian-12', [one('pass')])]);
  const out = join(folder, 'merged');
  await mergeRuns(inputs, out);
  expect(tapDocument(readRun(join(out, 'debian-13'))[0]?.results as Results)).toContain('TAP version 14');
  const file = join(folder, 'merged.tar.gz');
  await createBundle(out, { out: file });
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await mergeCommand.run([file, out, '--out', join(folder, 'again'), '--json'])).toBe(0);
  vi.restoreAllMocks();
  expect(write).toHaveBeenCalledTimes(1);
  expect(errors.mock.calls.join('')).toContain(
    'debian-13: conformant, 1 pass (from 2 runs; 1 checks judged in more than one)',
  );
  expect(readRun(join(folder, 'again')).map(({ results }) => results)).toEqual(
    readRun(out).map(({ results }) => results),
  );
});

it.each<[string, readonly (readonly [Results, BesideResults?])[], RegExp]>([
  [
    'foreign suites',
    [
      [shard(morning, [one('pass')])],
      [{ ...resultsWith('debian-12', [one('pass')]), suite: { version: '0.2.0', digest: 'sha256:9' } }],
    ],
    /\[INPUT\] results of 2 suites do not make one report:\n {2}run-0: 0.1.0 sha256:0\n {2}run-1: 0.2.0 sha256:9$/,
  ],
  [
    'an old schema',
    [[shard(morning, [one('pass')])], [{ ...shard(noon, []), schema: '0' }]],
    /\[INPUT\] .*:\n {2}\/schema: expected 1 or 1.N; .*, got "0"/,
  ],
  [
    'another machine of the same name',
    [
      [shard(morning, [one('pass')])],
      [shard(noon, [one('pass')], { facts: { host: { kernel: '5.10' }, daemon: null } })],
    ],
    /\[INPUT\] debian-13 is not the same in run-0 and run-1: facts.host.kernel is "6.12" and "5.10", and \d more/,
  ],
])('%s: one message, and nothing is written', async (_, runs, message) => {
  await expect(mergeRuns(inputsOf(...runs), join(folder, 'merged'))).rejects.toThrow(message);
  expect(readdirSync(folder)).toEqual([]);
});

it('the same name with other facts stands beside it under a name of its own', async () => {
  const inputs = inputsOf(
    [shard(morning, [one('pass')])],
    [shard(noon, [one('pass')], { facts: { host: {}, daemon: null } })],
  );
  const [first = '', second = ''] = inputs.map(({ path }) => path);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await mergeCommand.run([first, `old=${second}`, '--out', join(folder, 'merged')]);
  vi.restoreAllMocks();
  expect(readRun(join(folder, 'merged')).map(({ results }) => results.target.name)).toEqual([
    'debian-13',
    'old-debian-13',
  ]);
});

it('with the whole suite owed, a shard that got lost is missed', async () => {
  const owed = (id: string) => ({ id, area: 'cgroups', level: 'MUST', title: id }) as const;
  const inputs = () => inputsOf([shard(morning, [one('pass')])], [shard(noon, [{ id: 'NS-UIDMAP', verdict: 'pass' }])]);
  const whole = (...ids: string[]) => ({ suite: { version: '0.1.0', digest: 'sha256:0' }, checks: ids.map(owed) });
  expect((await mergeRuns(inputs(), join(folder, 'all'), whole('CG-MEM', 'NS-UIDMAP'))).exitCode).toBe(0);
  expect((await mergeRuns(inputs(), join(folder, 'lost'), whole('CG-MEM', 'NS-UIDMAP', 'SOCK-MODE'))).exitCode).toBe(3);
  expect(readRun(join(folder, 'lost'))[0]?.results).toMatchObject({
    conformance: 'inconclusive',
    notJudged: [{ id: 'SOCK-MODE' }],
    ledger: { total: 2, pass: 2 },
  });
  const foreign = { ...whole('CG-MEM'), suite: { version: '0.1.0', digest: 'sha256:9' } };
  await expect(mergeRuns(inputs(), join(folder, 'foreign'), foreign)).rejects.toThrow(
    /of 2 suites .*\n {2}this checkout: 0.1.0 sha256:9/,
  );
});

it('a folder that is there is not written over; an empty one is taken', async () => {
  const out = join(folder, 'merged');
  mkdirSync(out);
  const inputs = inputsOf([shard(morning, [one('pass')])]);
  await mergeRuns(inputs, out);
  await expect(mergeRuns(inputs, out)).rejects.toThrow(/\[USAGE\] --out .* is there already/);
  writeFileSync(join(folder, 'file'), '');
  await expect(mergeRuns(inputs, join(folder, 'file'))).rejects.toThrow(/\[USAGE\]/);
  expect(existsSync(join(out, 'debian-13/results.json'))).toBe(true);
});

it('a folder that cannot be made ends with 2', async () => {
  writeFileSync(join(folder, 'file'), '');
  for (const out of [join(folder, 'file/all'), '/proc/rdc/all'])
    await expect(mergeRuns(inputsOf([shard(morning, [one('pass')])]), out)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^\[INPUT\] cannot write .*all: E\w+: [\w ]+$/),
    });
  expect(readdirSync(folder)).toEqual(['file']);
});

it('an inconclusive target outweighs a failure, as in a run', async () => {
  const lost = {
    ...resultsWith('debian-12', [one('error', { reason: 'lost' })]),
    conformance: 'inconclusive' as const,
  };
  const { exitCode } = await mergeRuns(
    inputsOf([shard(morning, [one('fail', { reason: 'x' })])], [lost]),
    join(folder, 'merged'),
  );
  expect(exitCode).toBe(3);
});
