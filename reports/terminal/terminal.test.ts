import { afterEach, expect, test as it, vi } from 'vitest';
import { plainText } from '../../harness/messages/plain-text.ts';
import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import {
  checks,
  facts,
  judged,
  syntheticRun,
  syntheticTarget,
  syntheticVerdicts,
  syntheticViews,
} from '../synthetic-runs/synthetic-run.ts';
import { WrittenOutput } from '../synthetic-runs/written-output.ts';
import { createTerminal } from './listener.ts';

afterEach(() => {
  vi.useRealTimers();
});

type Driven = { text: () => string; listeners: readonly RunListener[]; run: RunContext; written: string[] };

function terminal(live: boolean, changes: Partial<RunContext> = {}, size = { columns: 80, rows: 24 }): Driven {
  const run = syntheticRun(changes);
  const records: TargetRecords = new Map();
  const built = Promise.resolve({ path: `${run.folder}/allure-report/index.html`, notes: [] });
  const output = new WrittenOutput(live ? size : {});
  const listeners = [createResultsFile(run, records), createTerminal(records, { run, live, output, built })];
  return { run, listeners, written: output.written, text: () => output.text };
}

async function judgeAll({ listeners, run }: Driven, broken?: string, more: { unverified?: true } = {}): Promise<void> {
  const target = { ...syntheticTarget(run, 'debian-13', Object.values(checks)), ...more };
  for (const listener of listeners) {
    listener.stage?.('debian-13', 'boots');
    listener.targetStarted?.(target);
    listener.factsRead?.(target, facts);
  }
  for (const result of syntheticVerdicts()) {
    for (const listener of listeners) listener.checkStarted?.(target, result.id);
    for (const listener of listeners) listener.checkJudged?.(target, result);
  }
  for (const listener of listeners)
    listener.targetEnded?.(target, { infraRetries: 1, ...(broken === undefined ? {} : { broken }) });
  for (const listener of listeners) await listener.runEnded?.(run);
}

function expectInOrder(text: string, parts: readonly string[]): void {
  let position = 0;
  for (const part of parts) {
    const found = text.indexOf(part, position);
    expect(found, part).toBeGreaterThanOrEqual(0);
    position = found;
  }
}

it('plain lines: one a check, with verdict, id, title, time and reason, and no control character', async () => {
  const driven = terminal(false);
  await judgeAll(driven);
  const lines = driven.text().split('\n');
  expect(lines[0]).toBe('debian-13: boots');
  expect(lines[2]).toMatch(/^debian-13: {2}1\/10 {2}ok +NS-UIDMAP +the UID map .* 6\.8 s$/);
  expect(lines.find((line) => line.includes('CG-MEM'))).toMatch(
    /blocked {2}CG-MEM .*: blocked by PRE-SUBID-COUNT: no container starts$/,
  );
  expect(driven.text().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

it('says how many checks were judged, and how many owed, whatever came of them', async () => {
  const driven = terminal(false);
  await judgeAll(driven);
  expect(driven.text()).toContain('judged 5 of 10 checks; skipped 2, blocked 1, could not be judged 2');
  const target = { ...syntheticTarget(driven.run, 'debian-12', []), ratchet: { judged: 37, date: '2026-11-22' } };
  const owing = terminal(false);
  for (const listener of owing.listeners) {
    listener.targetStarted?.(target);
    listener.checkJudged?.(target, judged(checks.uidMap));
    listener.targetEnded?.(target, { infraRetries: 0 });
  }
  for (const listener of owing.listeners) await listener.runEnded?.(owing.run);
  expectInOrder(owing.text(), [
    'judged 1 of the 37 checks that were judged on 2026-11-22',
    'judged 1 of 1 checks (37 on 2026-11-22); skipped 0, blocked 0, could not be judged 0',
    'debian-12 is inconclusive: judged 1 of the 37 checks that were judged on 2026-11-22. (1 pass)',
  ]);
});

it('a look builds no report and names none', async () => {
  const run = syntheticRun();
  const records: TargetRecords = new Map();
  const output = new WrittenOutput();
  const listeners = [createResultsFile(run, records), createTerminal(records, { run, live: false, output })];
  await judgeAll({ run, listeners, written: output.written, text: () => '' });
  expect(output.text).toMatch(/^results {2}.*\/results\.json$/m);
  expect(output.text).not.toContain('report   ');
});

it('the summary says what failed, why and what to do, and ends with the conclusion', async () => {
  const driven = terminal(false);
  await judgeAll(driven);
  const text = driven.text();
  expectInOrder(text, [
    'FAIL  PRE-SUBID-COUNT (MUST)  the user has at least',
    'why',
    'to do    sudo usermod',
    'source   https:',
  ]);
  expectInOrder(text, ['Limitations that are not as documented:', 'lifted  PORT-PRIV-DENY', 'differs  LIM-MLOCK-OVER']);
  expectInOrder(text, [
    'Could not be judged',
    'CG-CPU\n    [TIMEOUT]',
    'never judged',
    'Blocked:\n  CG-MEM',
    'Skipped:\n  PORT-PRIV-SYSCTL\n    port 80',
  ]);
  expect(text).toMatch(/report {3}.*allure-report\/index\.html\n/);
  expect(text.trimEnd().split('\n').at(-1)).toBe(
    'debian-13 is inconclusive: never judged: SOCK-PRIVATE; could not be judged: CG-CPU. 1 MUST fails. 2 LIMITATION fail. (2 pass, 3 fail, 1 error, 1 blocked, 2 skip, 1 never judged; provisioned again 1 time(s))',
  );
});

it('a broken target says why it is inconclusive', async () => {
  const driven = terminal(false);
  await judgeAll(driven, 'the VM \u001b[2Jis gone');
  expect(driven.text()).toContain('Inconclusive, because:\n  the VM is gone\n');
});

it('skips with one reason share it', async () => {
  const driven = terminal(false);
  const target = syntheticTarget(driven.run, 'debian-11', [checks.serial, checks.sysctl]);
  for (const listener of driven.listeners) listener.targetStarted?.(target);
  for (const check of target.expected) {
    for (const listener of driven.listeners)
      listener.checkJudged?.(target, judged(check, { verdict: 'skip', reason: 'not here' }));
  }
  for (const listener of driven.listeners) await listener.runEnded?.(driven.run);
  expect(driven.text()).toContain('Skipped:\n  DEV-IO, PORT-PRIV-SYSCTL\n    not here\n');
});

it('a run without a target says that nothing was judged', async () => {
  const driven = terminal(false);
  for (const listener of driven.listeners) await listener.runEnded?.(driven.run);
  expect(driven.text()).toBe('nothing was judged: no target was started\n');
});

it('colour only when asked for', async () => {
  const driven = terminal(false, { color: true });
  await judgeAll(driven);
  expect(driven.text()).toContain('\u001b[31mFAIL');
});

it('the live list is redrawn at a bounded rate, stays on its lines, and is gone at the end', async () => {
  vi.useFakeTimers();
  const driven = terminal(true, {}, { columns: 80, rows: 6 });
  const live = driven.listeners[1];
  for (const name of ['one', 'two', 'three', 'four']) live?.stage?.(name, 'boots');
  live?.stage?.('two', `boots ${'x'.repeat(200)}`);
  const before = driven.written.length;
  vi.advanceTimersByTime(2_000);
  expect(driven.written.length - before).toBe(10);
  const frames = plainText(driven.text());
  expect(frames).toContain('and 2 more');
  expect(frames).toMatch(/^elapsed \d+ s$/m);
  expect(frames.split('\n').every((line) => line.length < 80)).toBe(true);
  await judgeAll(driven);
  const written = driven.written.length;
  vi.advanceTimersByTime(2_000);
  expect(driven.written.length).toBe(written);
  const [end = ''] = driven.written.slice(-2);
  expect(plainText(end), 'the last thing before the summary erases the list').toBe('');
  expect(end).toContain('\u001b[2K\u001b[1A');
  expect(driven.text()).toMatch(/debian-13: FAIL {5}PRE-SUBID-COUNT/);
});

it('a machine that nobody verified says so in its summary, and only such a machine', async () => {
  const line = 'not verified: nobody has judged this machine before';
  const [known, unknown] = [terminal(false), terminal(false)];
  await judgeAll(known);
  await judgeAll(unknown, undefined, { unverified: true });
  expect(known.text()).not.toContain(line);
  expect(unknown.text()).toContain(line);
});

it('with --oracle, a red check has its blame and the views it was placed by, a limitation as documented its own line', async () => {
  const driven = terminal(false);
  const limit = { ...checks.mlock, id: 'LIM-OVER' };
  const target = syntheticTarget(driven.run, 'debian-13', [checks.subid, limit]);
  const results = [...syntheticVerdicts().filter(({ id }) => id === 'PRE-SUBID-COUNT'), judged(limit)];
  const byDesign = {
    blame: 'rootless by design',
    because: 'works with a rootful daemon',
    views: {
      rootless: { seen: 'fails' },
      rootful: { seen: 'works' },
      bare: { seen: 'fails', detail: 'mlock: ENOMEM' },
    },
  } as const;
  for (const listener of driven.listeners) listener.targetStarted?.(target);
  for (const result of results) for (const listener of driven.listeners) listener.checkJudged?.(target, result);
  const views = { ...syntheticViews(), 'LIM-OVER': byDesign };
  for (const [id, one] of Object.entries(views))
    for (const listener of driven.listeners) listener.viewsTaken?.(target, id, one);
  for (const listener of driven.listeners) listener.targetEnded?.(target, { infraRetries: 0 });
  for (const listener of driven.listeners) await listener.runEnded?.(driven.run);
  expectInOrder(driven.text(), [
    'views  PRE-SUBID-COUNT     the host: the same fails',
    'FAIL  PRE-SUBID-COUNT',
    'blame    the host: the same fails for the user without Docker',
    'rootful daemon: does not apply: the check asks no daemon',
    'without Docker: fails: a user namespace: exit code 1',
    'to do ',
    'Limitations as documented, by three views:',
    'LIM-OVER',
    'rootless by design: works with a rootful daemon',
  ]);
  expect(driven.text().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

it('on a terminal every line fits and no word is broken; in a log a line stays one, however long', async () => {
  const [narrow, log] = [terminal(true, {}, { columns: 70, rows: 24 }), terminal(false)];
  const title = 'the user has at least 65536 subordinate UIDs and no other user has one of the same';
  const results = [judged({ ...checks.subid, title }, { verdict: 'fail', reason: 'subordinate UIDs: 4096', title })];
  for (const driven of [narrow, log]) {
    const target = syntheticTarget(driven.run, 'debian-13', [checks.subid]);
    for (const listener of driven.listeners) listener.targetStarted?.(target);
    for (const result of results) for (const listener of driven.listeners) listener.checkJudged?.(target, result);
    for (const listener of driven.listeners) listener.targetEnded?.(target, { infraRetries: 0 });
    for (const listener of driven.listeners) await listener.runEnded?.(driven.run);
  }
  const lines = plainText(narrow.text()).split('\n');
  expect(lines.filter((line) => line.length > 70 && !line.includes('/'))).toEqual([]);
  const shown = new Set(lines.flatMap((line) => line.trim().split(/\s+/)));
  expect(title.split(' ').filter((word) => !shown.has(word))).toEqual([]);
  expect(log.text()).toContain(`${title}  `);
});
