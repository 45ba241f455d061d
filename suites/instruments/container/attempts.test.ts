import { expect, test as it } from 'vitest';
import { byCall, eachOf, unexpected } from './attempts.ts';

it('joins calls for the probe and gives each its errno', () => {
  const calls = ['settimeofday', 'kill 1 0'];
  expect(eachOf(calls)).toEqual(['each', 'settimeofday', ',', 'kill', '1', '0']);
  expect(byCall(calls, { results: [{ errno: 'EPERM' }, { errno: null }] })).toEqual({
    settimeofday: 'EPERM',
    'kill 1 0': null,
  });
});

it('a call without an answer is an error and not a success', () => {
  expect(() => byCall(['settimeofday', 'kill 1 0'], { results: [{ errno: null }] })).toThrow('no answer to kill 1 0');
});

it('what ended otherwise is named with how it ended', () => {
  const attempts = { settimeofday: null, initmodule: 'ENOSYS', syslog: 'EACCES' };
  const wanted = { settimeofday: ['EPERM'], initmodule: ['EPERM', 'ENOSYS'], syslog: ['EPERM'] };
  expect(unexpected(attempts, wanted)).toEqual(['settimeofday succeeds', 'syslog: EACCES']);
  expect(unexpected(attempts, { settimeofday: [null] })).toEqual([]);
});
