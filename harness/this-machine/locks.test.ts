import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { clearAbandonedMachines } from '../lab/cleanup/abandoned-machines.ts';
import { holdRun, runEntries } from './active-runs.ts';
import { deadLocks, describeOwner, lockMachine, lockOwner, releaseMachine, tryLock } from './locks.ts';
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

it('one who found a lock dead before another took it over gets nothing', { timeout: 60_000 }, async () => {
  lockOf('one', { pid: process.pid, startTime: '1' });
  // a lock of the kernel's, as each who exchanges a dead lock holds it
  const holder = spawn('flock', [machines, 'sh', '-c', 'echo held; cat']);
  await once(holder.stdout, 'data');
  const [slow] = racers(1);
  const word = await slow?.begin();
  await vi.waitUntil(() => isWaitingForLock(slow?.pid ?? 0), { timeout: 30_000 });
  lockOf('one', other());
  holder.stdin.end();
  expect(await word?.said).toBe('false');
  slow?.end();
  expect(lockOwner('one')?.pid).toBe(process.ppid);
});

it('what died while it took over is no obstacle, and of many at once one gets it', { timeout: 120_000 }, async () => {
  for (let round = 0; round < 4; round++) {
    lockOf('one', { pid: process.pid, startTime: '1' });
    writeFileSync(join(machines, 'one.lock.takeover'), JSON.stringify({ pid: process.pid, startTime: '1', since }));
    const all = racers(6);
    const words = await Promise.all(all.map((racer) => racer.begin()));
    const said = await Promise.all(words.map((word) => word.said));
    expect(said.toSorted()).toEqual(['false', 'false', 'false', 'false', 'false', 'true']);
    for (const racer of all) racer.end();
    await Promise.all(all.map((racer) => racer.ended));
  }
});

it('what a lock file holds does not reach a terminal as it is', () => {
  const owner = { pid: 7, startTime: '1', since: 'unknown', command: `rdc \u001b[2J${'x'.repeat(500)}` };
  expect(describeOwner(owner)).toBe(`process 7 (rdc ${'x'.repeat(116)}… (cut, 480 characters in all)) since unknown`);
});

it('the locks of dead runs are cleared and told, those of the living are not', async () => {
  lockOf('dead', { pid: process.pid, startTime: '1' });
  lockOf('alive', other());
  writeFileSync(join(machines, 'broken.lock'), 'not json');
  const said: string[] = [];
  await clearAbandonedMachines((text) => said.push(text));
  expect(readdirSync(machines)).toEqual(['alive.lock']);
  expect(said.join('\n')).toMatch(/broken: lock of a dead run removed \(unreadable\)\ndead: .*rdc run one/);
});

it('a run under way is known by its folder, until its process is gone', () => {
  holdRun('/some/run');
  const [entry] = runEntries();
  expect(entry).toMatchObject({ folder: '/some/run', owner: { pid: process.pid } });
  if (!entry) return;
  writeFileSync(entry.file, readFileSync(entry.file, 'utf8').replace(/"startTime":"\d+"/, '"startTime":"1"'));
  expect(runEntries()).toMatchObject([{ folder: '/some/run', owner: undefined }]);
});

/** Processes that try to take the lock when they are told to, and live until everybody has tried. */
function racers(count: number) {
  const script = `
import { tryLock } from ${JSON.stringify(join(import.meta.dirname, 'locks.ts'))};
process.stdout.write('ready ');
process.stdin.once('data', () => process.stdout.write(String(tryLock('one'))));
process.stdin.once('end', () => process.exit());`;
  return Array.from({ length: count }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const heard = () => once(child.stdout, 'data').then(String);
    const ready = heard();
    return {
      pid: child.pid,
      ended: once(child, 'exit'),
      async begin() {
        await ready;
        const said = heard();
        child.stdin.write('go');
        return { said };
      },
      end: () => child.stdin.end(),
    };
  });
}

/** The process has a child that waits in flock(2). */
function isWaitingForLock(pid: number): boolean {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  const blocked = readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes('->'));
  return children.some((child) => blocked.some((line) => line.includes(` ${child} `)));
}
