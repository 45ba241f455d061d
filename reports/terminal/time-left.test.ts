import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test as it, vi } from 'vitest';
import { keepInHistory } from '../allure/kept-history.ts';
import { TargetRecord } from '../recording/target-record.ts';
import { checks, judged, syntheticRun, syntheticTarget } from '../synthetic-runs/synthetic-run.ts';
import { createTimeLeft } from './time-left.ts';

const all = [checks.uidMap, checks.subid, checks.mlock, checks.cpu];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function record(startedAt: string, seconds: readonly number[]): TargetRecord {
  const run = syntheticRun({ id: startedAt.replaceAll(':', '-'), startedAt: new Date(startedAt) });
  const made = new TargetRecord(run, syntheticTarget(run, 'debian-13', all));
  for (const [index, took] of seconds.entries()) {
    const check = all[index];
    if (check) made.judge({ ...judged(check), durationMs: took * 1_000 });
  }
  return made;
}

/** What is left after two of the four checks, which took 40 s; the earlier run took 10 s for each of these and 30 s for the others. */
function leftAfterTwo(earlier: readonly (readonly number[])[]): number | undefined {
  const history = mkdtempSync(join(tmpdir(), 'rdc-time-left-'));
  for (const [day, seconds] of earlier.entries())
    keepInHistory(history, record(`2026-11-0${day + 1}T00:00:00Z`, seconds).results());
  const now = record('2026-11-20T00:00:00Z', []);
  const left = createTimeLeft(new Map([['debian-13', now]]), history);
  left.started('debian-13');
  expect(left.ms()).toBeUndefined();
  vi.advanceTimersByTime(40_000);
  for (const check of all.slice(0, 2)) now.judge(judged(check));
  return left.ms();
}

it('is what the checks to come took before, at the pace of this run', () => {
  expect(leftAfterTwo([[10, 10, 30, 30]])).toBe(120_000);
});

it('takes the newest run of each check', () => {
  expect(
    leftAfterTwo([
      [10, 10, 99, 30],
      [10, 10, 30],
    ]),
  ).toBe(120_000);
});

it('is not known of a target without earlier runs, and without a history', () => {
  expect(leftAfterTwo([])).toBeUndefined();
  const left = createTimeLeft(new Map([['debian-13', record('2026-11-20T00:00:00Z', [1])]]));
  left.started('debian-13');
  expect(left.ms()).toBeUndefined();
});
