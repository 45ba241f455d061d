import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test as it, vi } from 'vitest';
import { hostile } from '../../harness/test-doubles/hostile-texts.ts';
import type { Results } from '../results/results.schema.ts';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { allureHistory, allureHistoryId } from './history-format.ts';
import { historyFolderOf, keepInHistory, pointOf, readHistory } from './kept-history.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'rdc-history-'));
const on = (day: string) => `2026-11-${day}T02:10:00.000Z`;

function runOf(day: string, changes: { target?: string; id?: string; reason?: string } = {}): Results {
  const { target = 'debian-13', id = `2026-11-${day}T02-10-00Z-3f9a`, reason = 'expected 1' } = changes;
  const told = [
    { id: 'A-ONE', verdict: 'pass' },
    { id: 'A-TWO', verdict: 'fail', reason },
  ] as const;
  const results = resultsWith(target, told, { startedAt: on(day) });
  return { ...results, run: { ...results.run, id } };
}

const daysOf = (history: string, results: Results) =>
  readHistory(history, results).points.map(({ run }) => run.startedAt.slice(8, 10));

it('a run sees those before it, of its own target, the oldest first', () => {
  const history = newFolder();
  for (const day of ['03', '01', '05']) keepInHistory(history, runOf(day));
  keepInHistory(history, runOf('02', { target: 'debian-12' }));
  expect(daysOf(history, runOf('04'))).toEqual(['01', '03']);
  expect(daysOf(history, runOf('05'))).toEqual(['01', '03']);
  expect(daysOf(history, runOf('04', { target: 'debian-12' }))).toEqual(['02']);
  expect(daysOf(history, runOf('04', { target: 'debian-11' }))).toEqual([]);
});

it('the same run again replaces its own point', () => {
  const history = newFolder();
  for (const reason of ['one', 'two']) keepInHistory(history, runOf('01', { reason }));
  const { points } = readHistory(history, runOf('02'));
  expect(points).toHaveLength(1);
  expect(points[0]?.checks).toMatchObject([{ status: 'passed' }, { status: 'failed', message: 'two' }]);
});

it('a hundred runs of a target are kept, the newest', () => {
  const history = newFolder();
  const id = (number: number) => `2026-11-01T02-10-00Z-${String(number).padStart(4, '0')}`;
  for (let number = 0; number < 103; number += 1) keepInHistory(history, runOf('01', { id: id(number) }));
  const files = readdirSync(join(history, 'debian-13')).sort();
  expect([files.length, files[0], files.at(-1)]).toEqual([100, `${id(3)}.json`, `${id(102)}.json`]);
});

it('what is damaged costs its own run, and says so', () => {
  const history = newFolder();
  for (const day of ['01', '02']) keepInHistory(history, runOf(day));
  const file = (name: string) => join(history, 'debian-13', name);
  const good = JSON.parse(readFileSync(file('2026-11-01T02-10-00Z-3f9a.json'), 'utf8'));
  writeFileSync(file('2026-11-02T02-10-00Z-3f9a.json'), '{"schema": "1", "tar');
  writeFileSync(file('b.json'), JSON.stringify({ ...good, checks: [{ id: '__proto__' }] }));
  writeFileSync(file('c.json'), 'x'.repeat(9 * 1024 * 1024));
  mkdirSync(file('d.json'));
  symlinkSync('/dev/zero', file('e.json'));
  const { points, problems } = readHistory(history, runOf('03'));
  expect(points).toHaveLength(1);
  expect(problems.map((problem) => problem.slice(history.length))).toEqual([
    expect.stringMatching(/2026-11-02.*JSON/),
    expect.stringMatching(/b\.json: not a history file: \/checks\/0/),
    expect.stringMatching(/c\.json: 9437184 bytes, the limit is 8388608/),
    expect.stringMatching(/d\.json: /),
    expect.stringMatching(/e\.json: /),
  ]);
});

it('a point of a newer minor version counts, without what is not known', () => {
  const history = newFolder();
  keepInHistory(history, runOf('01'));
  const file = join(history, 'debian-13', '2026-11-01T02-10-00Z-3f9a.json');
  const point = JSON.parse(readFileSync(file, 'utf8'));
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  writeFileSync(file, JSON.stringify({ ...point, schema: '1.3', host: 'x' }));
  expect(readHistory(history, runOf('02'))).toEqual({ points: [{ ...point, schema: '1.3' }], problems: [] });
  expect(told.mock.calls.flat().join('')).toMatch(/ignored fields .*: \/host\n$/);
  told.mockRestore();
  writeFileSync(file, JSON.stringify({ ...point, schema: '2' }));
  expect(readHistory(history, runOf('02')).problems).toEqual([expect.stringMatching(/not a history file: \/schema/)]);
});

it('no name leads out of the folder', () => {
  const history = join(newFolder(), 'history');
  keepInHistory(history, runOf('01', { target: '../../escape', id: '../../../x' }));
  keepInHistory(history, runOf('01', { target: '..', id: '..' }));
  expect(readdirSync(join(history, '..'))).toEqual(['history']);
  expect(readdirSync(history, { recursive: true })).toHaveLength(4);
  expect(daysOf(history, runOf('02', { target: '../../escape' }))).toEqual(['01']);
  // the same folder, another target
  expect(daysOf(history, runOf('02', { target: '.././escape' }))).toEqual([]);
});

it('text of a target is kept plain and short', () => {
  const [, check] = pointOf(runOf('01', { reason: hostile.escapes + hostile.huge })).checks;
  expect(check?.message?.length).toBeLessThan(300);
  expect(check?.message).not.toMatch(/\p{Cc}/u);
});

it('lies beside the runs of reports/out, elsewhere only when asked for', () => {
  const out = fileURLToPath(new URL('../out', import.meta.url));
  expect(historyFolderOf(join(out, '2026-11-01T02-10-00Z-3f9a'))).toBe(join(out, 'history'));
  expect(historyFolderOf(join(out, 'bundle-0123456789ab')), "may be somebody else's").toBeUndefined();
  expect(historyFolderOf('/ci/results')).toBeUndefined();
  expect(historyFolderOf('/ci/results', '/ci/cache/history')).toBe('/ci/cache/history');
});

it('to Allure the targets of one run are one report, and a check of a target has one identity for good', () => {
  const points = [runOf('02'), runOf('01'), runOf('02', { target: 'debian-12' })].map(pointOf);
  const lines = allureHistory(points)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ name }) => name)).toEqual(['2026-11-01T02-10-00Z-3f9a', '2026-11-02T02-10-00Z-3f9a']);
  expect(lines.map(({ testResults }) => Object.keys(testResults).length)).toEqual([2, 4]);
  const [first, second] = lines;
  expect(Object.keys(second.testResults)).toEqual(expect.arrayContaining(Object.keys(first.testResults)));
  expect(allureHistoryId('A-ONE', 'debian-13')).not.toBe(allureHistoryId('A-ONE', 'debian-12'));
  expect(allureHistory([])).toBe('');
});
