import { expect, test as it } from 'vitest';
import { pollUntil } from './poll.ts';

it('asks until there is an answer, and gives it', async () => {
  const answers = [false, null, '', 'there', 'too late'] as const;
  let asked = 0;
  expect(await pollUntil(async () => answers[asked++], { withinMs: 5_000, everyMs: 1 })).toBe('there');
  expect(asked).toBe(4);
});

it('asks once at least, and no longer than it may', async () => {
  expect(await pollUntil(() => 'at once', { withinMs: 0, everyMs: 1 })).toBe('at once');
  expect(await pollUntil(() => false, { withinMs: 20, everyMs: 5 })).toBeUndefined();
});

it('ends at once when nobody waits any more', async () => {
  const stopped = new AbortController();
  const polled = pollUntil(() => false, { withinMs: 60_000, everyMs: 60_000, signal: stopped.signal });
  stopped.abort();
  expect(await polled).toBeUndefined();
});

it('throws what the question throws', async () => {
  const ask = () => Promise.reject(new Error('a foreign host key'));
  await expect(pollUntil(ask, { withinMs: 1_000, everyMs: 1 })).rejects.toThrow('a foreign host key');
});
