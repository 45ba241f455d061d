import { expect, test as it } from 'vitest';
import { parseLock } from './locks.ts';
import { identifyProcess, isAlive, parseIdentity, parseStartTime } from './process-identity.ts';

it('the start time is field 22, whatever the command is called', () => {
  const after = 'S 1 20871 20871 0 -1 4194560 100 0 0 0 0 0 0 0 20 0 1 0 150345 2850816 200';
  expect(parseStartTime(`20871 (sleep) ${after}`)).toBe('150345');
  expect(parseStartTime(`20871 (a) b (c) ${after}`)).toBe('150345');
});

it('this process is alive; the same pid with another start time is not', () => {
  const self = identifyProcess(process.pid);
  expect(self).toBeDefined();
  if (!self) return;
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startTime: '1' })).toBe(false);
});

it.each([
  '',
  'null',
  '[]',
  '{"pid": "20", "startTime": "1"}',
  '{"pid": 1, "startTime": "1"}',
  '{"pid": 2.5, "startTime": "1"}',
  '{"pid": 20}',
])('%j names no process', (text) => {
  expect(parseIdentity(text)).toBeUndefined();
  expect(parseLock(text)).toBeUndefined();
});

it('a lock names its owner and since when', () => {
  const text = '{"pid": 20, "startTime": "7", "since": "2026-11-22T02:00:00Z"}';
  expect(parseLock(text)).toEqual({ pid: 20, startTime: '7', since: '2026-11-22T02:00:00Z' });
});
