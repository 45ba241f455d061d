import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { clearDeadRuns } from './dead-runs.ts';
import { holdRun, runEntries } from './live-runs.ts';
import { deadLocks, describeOwner, lockMachine, lockOwner, releaseMachine, tryLock } from './machine-lock.ts';
import { identifyProcess } from './process-identity.ts';

let machines: string;

beforeEach(() => {
  const cache = mkdtempSync(join(tmpdir(), 'rdc-lock-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('RDC_LAB', 'hermetic');
  machines = join(cache, 'rdc', 'machines');
  mkdirSync(machines, { recursive: true });
});

const since = '2026-11-22T09:00:00.000Z';
const lockOf = (name: string, owner: object) =>
  writeFileSync(join(machines, `${name}.lock`), JSON.stringify({ since, command: 'rdc run one', ...owner }));
const other = () => identifyProcess(process.ppid) ?? { pid: 0, startTime: '' };

it('a living owner keeps its machine; the message names it, its command and the age of its lock', () => {
  lockOf('one', other());
  expect(tryLock('one')).toBe(false);
  vi.useFakeTimers({ now: Date.parse(since) + 12 * 60_000 });
  expect(() => lockMachine('one')).toThrow(
    `[MACHINE] one is in use by process ${process.ppid} (rdc run one) since ${since}, for 12 min`,
  );
  vi.useRealTimers();
  releaseMachine('one');
  expect(lockOwner('one')?.pid).toBe(process.ppid);
});

it('the same pid with another start time is a dead owner: its lock is known as dead until somebody takes it', () => {
  lockOf('one', { ...other(), startTime: '1' });
  expect(lockOwner('one')).toBeUndefined();
  expect(deadLocks()).toEqual([{ name: 'one', owner: { ...other(), startTime: '1', since, command: 'rdc run one' } }]);
  expect(tryLock('one')).toBe(true);
  expect(tryLock('one')).toBe(true);
  expect(deadLocks()).toEqual([]);
  expect(lockOwner('one')?.pid).toBe(process.pid);
  releaseMachine('one');
  expect(readdirSync(machines)).toEqual([]);
});

it('while another exchanges a dead lock, nobody else may; one who died at it is no obstacle', () => {
  lockOf('one', { pid: process.pid, startTime: '1' });
  writeFileSync(join(machines, 'one.lock.takeover'), JSON.stringify({ ...other(), since }));
  expect(tryLock('one')).toBe(false);
  expect(() => lockMachine('one')).toThrow('one is in use by a process that has just ended');
  writeFileSync(join(machines, 'one.lock.takeover'), JSON.stringify({ pid: process.pid, startTime: '1', since }));
  lockMachine('one');
  expect(readdirSync(machines)).toEqual(['one.lock']);
});

it('what a lock file holds does not reach a terminal as it is', () => {
  const owner = { pid: 7, startTime: '1', since: 'unknown', command: `rdc \u001b[2J${'x'.repeat(500)}` };
  expect(describeOwner(owner)).toBe(`process 7 (rdc [2J${'x'.repeat(113)}) since unknown`);
});

it('the locks of dead runs are cleared and told, those of the living are not', async () => {
  lockOf('dead', { pid: process.pid, startTime: '1' });
  lockOf('alive', other());
  writeFileSync(join(machines, 'broken.lock'), 'not json');
  const said: string[] = [];
  await clearDeadRuns((text) => said.push(text));
  expect(readdirSync(machines)).toEqual(['alive.lock']);
  expect(said.join('\n')).toMatch(/broken: the lock of a run that died \(unreadable\) is cleared\ndead: .*rdc run one/);
});

it('a run under way is known by its folder, until its process is gone', () => {
  holdRun('/some/run');
  const [entry] = runEntries();
  expect(entry).toMatchObject({ folder: '/some/run', owner: { pid: process.pid } });
  if (!entry) return;
  writeFileSync(entry.file, readFileSync(entry.file, 'utf8').replace(/"startTime":"\d+"/, '"startTime":"1"'));
  expect(runEntries()).toMatchObject([{ folder: '/some/run', owner: undefined }]);
});

it('of many processes that meet a dead lock at once, one gets it', { timeout: 120_000 }, async () => {
  lockOf('one', { pid: process.pid, startTime: '1' });
  const script = `
import { tryLock } from ${JSON.stringify(join(import.meta.dirname, 'machine-lock.ts'))};
process.stdout.write('ready ');
process.stdin.once('data', () => process.stdout.write(String(tryLock('one'))));
// alive until everybody has tried
process.stdin.once('end', () => process.exit());`;
  const racers = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]));
  const heard = (racer: (typeof racers)[number]) =>
    new Promise<string>((resolve) => racer.stdout.once('data', (chunk: Buffer) => resolve(String(chunk))));
  expect(new Set(await Promise.all(racers.map(heard)))).toEqual(new Set(['ready ']));
  const words = racers.map(heard);
  for (const { stdin } of racers) stdin.write('go');
  expect((await Promise.all(words)).toSorted()).toEqual(['false', 'false', 'false', 'false', 'false', 'true']);
  for (const { stdin } of racers) stdin.end();
});
