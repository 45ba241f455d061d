import { expect, test as it } from 'vitest';
import { BoundedText } from './bounded-text.ts';

function collect(limit: number, chunks: readonly (string | Buffer)[]): { text: string; truncated: boolean } {
  const bounded = new BoundedText(limit);
  for (const chunk of chunks) bounded.push(Buffer.from(chunk));
  return { text: bounded.toString(), truncated: bounded.truncated };
}

it.each<[string, number, string[], { text: string; truncated: boolean }]>([
  ['nothing', 4, [], { text: '', truncated: false }],
  ['less than the limit', 4, ['a', 'bc'], { text: 'abc', truncated: false }],
  ['the limit', 4, ['ab', 'cd'], { text: 'abcd', truncated: false }],
  ['the limit and an empty chunk', 4, ['abcd', ''], { text: 'abcd', truncated: false }],
  ['one more', 4, ['ab', 'cde'], { text: 'abcd', truncated: true }],
  ['much more', 4, ['abcd', 'e', 'f'], { text: 'abcd', truncated: true }],
  ['no room at all', 0, ['a'], { text: '', truncated: true }],
])('%s', (_, limit, chunks, kept) => {
  expect(collect(limit, chunks)).toEqual(kept);
});

it('a character that is cut in chunks is whole, one that is cut by the limit is marked', () => {
  const euro = Buffer.from('€');
  expect(collect(10, [euro.subarray(0, 1), euro.subarray(1)]).text).toBe('€');
  expect(collect(2, [euro]).text).toBe('\ufffd');
  expect(collect(10, [Buffer.from([0xff, 0x41])]).text).toBe('\ufffdA');
});

it('single bytes take no more memory than the text that they make', () => {
  const bounded = new BoundedText(1024 * 1024);
  // as they come off a socket: each a view of a packet of its own
  const before = process.memoryUsage();
  for (let index = 0; index < 1024 * 1024; index += 1) bounded.push(Buffer.from([0x61]));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const grown = (heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20;
  expect(bounded.toString().length).toBe(1024 * 1024);
  expect(grown, 'MiB').toBeLessThan(64);
});
