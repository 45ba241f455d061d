import { expect, test as it } from 'vitest';
import { TimeSplitter } from './time-split.ts';

/** A clock that is moved by hand; the loop is idle for the given share of what passes. */
function clockedSplitter() {
  let [now, idle] = [1_000, 50];
  const splitter = new TimeSplitter({ now: () => now, idle: () => idle });
  const pass = (ms: number, idleMs = ms) => {
    now += ms;
    idle += idleMs;
  };
  return { splitter, pass };
}

const nothing = { count: 0, ms: 0 };

it('what is left over is waiting where the loop was idle, else work of the harness', () => {
  const { splitter, pass } = clockedSplitter();
  pass(500);
  splitter.start();
  pass(100, 70);
  expect(splitter.split()).toEqual({
    totalMs: 100,
    container: nothing,
    guest: nothing,
    daemon: nothing,
    waitingMs: 70,
    harnessMs: 30,
  });
});

it('the parts add up to the whole, whatever ran side by side; every call counts', () => {
  const { splitter, pass } = clockedSplitter();
  splitter.start();
  splitter.begin('daemon');
  pass(10);
  splitter.begin('guest');
  splitter.begin('guest');
  pass(20);
  splitter.end('guest');
  pass(5);
  splitter.begin('container');
  pass(40);
  splitter.end('container');
  splitter.end('guest');
  pass(3);
  splitter.end('daemon');
  pass(7, 0);
  expect(splitter.split()).toEqual({
    totalMs: 85,
    daemon: { count: 1, ms: 13 },
    guest: { count: 2, ms: 25 },
    container: { count: 1, ms: 40 },
    waitingMs: 0,
    harnessMs: 7,
  });
});

it('what an earlier check left under way is not this one’s call, but its time is this one’s', () => {
  const { splitter, pass } = clockedSplitter();
  splitter.begin('guest');
  pass(10);
  splitter.start();
  pass(5);
  splitter.end('guest');
  expect(splitter.split()).toMatchObject({ totalMs: 5, guest: { count: 0, ms: 5 } });
});
