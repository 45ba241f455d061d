import { cpSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import { writeResultsFile } from '../results/run-folder.ts';
import { resultsWith, type Told } from '../synthetic-runs/compared-results.ts';
import { checks, judged, syntheticRun, syntheticTarget } from '../synthetic-runs/synthetic-run.ts';
import { WrittenOutput } from '../synthetic-runs/written-output.ts';
import { createTerminal } from '../terminal/listener.ts';
import { createStyle } from '../wording/style.ts';
import { baselineSummary, differsFromBaseline } from './baseline.ts';
import { readBaselines } from './read-baselines.ts';

const wanted = { targets: ['debian-13'], checks: ['A-ONE', 'A-TWO', 'A-THREE'] };
const pass = (...ids: string[]): Told[] => ids.map((id) => ({ id, verdict: 'pass' }));

type Run = { id: string; told: readonly Told[]; target?: string };

/** A folder of runs as `rdc run` leaves them; a run's id is its day. */
function folderOf(...runs: readonly Run[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-baseline-'));
  for (const { id, told, target = 'debian-13' } of runs) {
    const results = resultsWith(target, told, { startedAt: `${id}T05:00:00.000Z` });
    writeResultsFile(join(folder, id, target), { ...results, run: { ...results.run, id } });
  }
  return folder;
}

const full = pass(...wanted.checks);
const red: Told[] = [...pass('A-ONE', 'A-TWO'), { id: 'A-THREE', verdict: 'fail', reason: 'expected 1' }];

it('of many runs the newest conformant one is the baseline', () => {
  const folder = folderOf(
    { id: '2026-11-01', told: full },
    { id: '2026-11-02', told: full },
    { id: '2026-11-03', told: red },
  );
  symlinkSync('2026-11-03', join(folder, 'latest'));
  mkdirSync(join(folder, 'history/debian-13'), { recursive: true });
  // somebody else's run of a machine of that name, which rdc report unpacked here
  cpSync(folderOf({ id: '2026-11-04', told: full }), folder, { recursive: true });
  renameSync(join(folder, '2026-11-04'), join(folder, 'bundle-0123456789ab'));
  expect(readBaselines(folder, wanted).get('debian-13')?.results.run.id).toBe('2026-11-02');
});

it('a run of a part, and a run of another target, are passed over for a fuller one', () => {
  const folder = folderOf(
    { id: '2026-11-01', told: full },
    { id: '2026-11-02', told: pass('A-ONE') },
    { id: '2026-11-03', told: full, target: 'debian-12' },
  );
  expect(readBaselines(folder, wanted).get('debian-13')?.results.run.id).toBe('2026-11-01');
  const part = { ...wanted, checks: ['A-ONE'] };
  expect(readBaselines(folder, part).get('debian-13')?.results.run.id).toBe('2026-11-02');
});

it('a damaged file among many is named and passed over', () => {
  const folder = folderOf({ id: '2026-11-01', told: full }, { id: '2026-11-02', told: full });
  writeFileSync(join(folder, '2026-11-02/debian-13/results.json'), '{"schema": "1", ');
  const baseline = readBaselines(folder, wanted).get('debian-13');
  expect(baseline?.results.run.id).toBe('2026-11-01');
  expect(baseline?.passedOver).toEqual([expect.stringMatching(/^passed over: .*2026-11-02.*not JSON/)]);
});

it('a file or a run that is named is taken whatever its conclusion; a pipeline may keep the bare file', () => {
  const folder = folderOf({ id: '2026-11-03', told: red });
  const file = join(folder, '2026-11-03/debian-13/results.json');
  for (const path of [file, join(folder, '2026-11-03'), join(folder, '2026-11-03/debian-13')])
    expect(readBaselines(path, wanted).get('debian-13')?.file, path).toBe(file);
  const kept = folderOf();
  mkdirSync(join(kept, 'green'));
  writeResultsFile(join(kept, 'green'), resultsWith('debian-13', full));
  expect(readBaselines(kept, wanted).get('debian-13')?.file).toBe(join(kept, 'green/results.json'));
});

it.each([
  ['nothing there', () => '/no/such/folder', /no such file or folder/],
  ['an empty folder', () => folderOf(), /debian-13: 0 runs of it/],
  [
    'no good run',
    () => folderOf({ id: '2026-11-03', told: red }, { id: '2026-11-02', told: red }),
    /2 runs of it, 0 of them conformant/,
  ],
  [
    'another host',
    () => join(folderOf({ id: '2026-11-03', told: full, target: 'debian-12' }), '2026-11-03/debian-12/results.json'),
    /debian-13: it has results of debian-12 /,
  ],
  [
    'none of its checks',
    () => join(folderOf({ id: '2026-11-03', told: pass('B-ONE') }), '2026-11-03'),
    /judged none of the checks/,
  ],
  [
    'no results file',
    () => {
      const file = join(folderOf(), 'x.json');
      writeFileSync(file, '[]');
      return file;
    },
    /not a results file/,
  ],
  ['a device', () => '/dev/zero', /not a regular file/],
])('%s is refused as INPUT', (_, path, message) => {
  expect(() => readBaselines(path(), wanted)).toThrow(message);
  expect(() => readBaselines(path(), wanted)).toThrow('[INPUT]');
});

it('every target that has none is named', () => {
  const folder = folderOf({ id: '2026-11-01', told: full });
  const targets = ['debian-11', 'debian-12', 'debian-13'];
  expect(() => readBaselines(folder, { ...wanted, targets })).toThrow(/\n {2}debian-11: .*\n {2}debian-12: /);
});

it('says what regressed, was fixed, is new and gone; a run of a part has nothing gone', () => {
  const file = '/runs/green/debian-13/results.json';
  const before = resultsWith('debian-13', [...full, ...pass('A-GONE'), { id: 'A-BAD', verdict: 'fail', reason: 'no' }]);
  const baseline = { file, results: before, passedOver: ['passed over: x'] };
  const now = resultsWith('debian-13', [...red, ...pass('A-BAD', 'A-NEW')], { startedAt: '2026-11-23T05:00:00.000Z' });
  const text = baselineSummary(baseline, now, { style: createStyle(false), folder: '/runs/now' });
  expect(text).toMatch(/^Compared with the baseline, run run of debian-13 \(5 checks judged\):\n {2}passed over: x\n/);
  for (const section of [
    /regressed \(1\).*\n {2}A-THREE/,
    /fixed \(1\).*\n {2}A-BAD/,
    /new \(1\).*\n {2}A-NEW/,
    /gone \(1\).*\n {2}A-GONE/,
  ])
    expect(text).toMatch(section);
  expect(text).toContain(`./rdc compare ${file} /runs/now/debian-13 --html FILE`);
  expect(text).not.toContain('another state of the suite');
  const part = baselineSummary(
    baseline,
    { ...now, suite: { version: '0.2.0', digest: 'sha256:1' } },
    { part: ['A-THREE', 'A-BAD', 'A-NEW', 'A-ONE', 'A-TWO'], style: createStyle(false), folder: '/runs/now' },
  );
  expect(part).not.toContain('gone (');
  expect(part).toContain('another state of the suite');
});

it('--fail-on is decided from what is on disk', () => {
  const folder = folderOf({ id: '2026-11-01', told: full }, { id: '2026-11-02', told: red });
  const baselines = readBaselines(join(folder, '2026-11-01'), wanted);
  const differs = (id: string, failOn: 'regression' | 'difference') =>
    differsFromBaseline(join(folder, id), { baselines }, failOn);
  expect(differs('2026-11-01', 'difference')).toBe(false);
  expect(differs('2026-11-02', 'regression')).toBe(true);
  cpSync(join(folder, '2026-11-01'), join(folder, 'more'), { recursive: true });
  writeResultsFile(join(folder, 'more/debian-13'), resultsWith('debian-13', [...full, ...pass('A-NEW')]));
  expect(differs('more', 'regression')).toBe(false);
  expect(differs('more', 'difference')).toBe(true);
});

it('the summary of a run has it, before the conclusion; the results are the same with and without', async () => {
  const run = syntheticRun();
  const told = async (withBaseline: boolean) => {
    const records: TargetRecords = new Map();
    const target = syntheticTarget(run, 'debian-13', [checks.uidMap, checks.memory]);
    const results = resultsWith('debian-13', pass(checks.uidMap.id, checks.memory.id));
    const baselines = new Map([['debian-13', { file: '/b/results.json', results, passedOver: [] }]]);
    const output = new WrittenOutput();
    const listeners = [
      createResultsFile(run, records),
      createTerminal(records, {
        run,
        live: false,
        output,
        ...(withBaseline ? { baseline: { baselines } } : {}),
      }),
    ];
    for (const listener of listeners) listener.targetStarted?.(target);
    for (const listener of listeners) listener.checkJudged?.(target, judged(checks.uidMap));
    for (const listener of listeners)
      listener.checkJudged?.(target, judged(checks.memory, { verdict: 'fail', reason: 'not killed' }));
    for (const listener of listeners) listener.targetEnded?.(target, { infraRetries: 0 });
    for (const listener of listeners) await listener.runEnded?.(run);
    const { durationMs: _, ...rest } = records.get('debian-13')?.results().run ?? {};
    return { text: output.text, results: { ...records.get('debian-13')?.results(), run: rest } };
  };
  const [plain, compared] = [await told(false), await told(true)];
  expect(plain.text).not.toContain('Compared with');
  expect(compared.text).toMatch(
    /Compared with the baseline[\s\S]*regressed \(1\)[\s\S]*CG-MEM[\s\S]*\ndebian-13 does not conform: .*\n$/,
  );
  expect(compared.results).toEqual(plain.results);
});
