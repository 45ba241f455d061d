import { expect, test as it } from 'vitest';
import { BoundedText } from './bounded-text.ts';

function collect(limit: number, chunks: readonly (string | Buffer)[]): { text: string; truncated: boolean } {
  const bounded = new BoundedText(limit);
  for (const chunk of chunks) bounded.push(Buffer.from(chunk));
  return { text: bounded.toString(), truncated: bounded.truncated };
}

it.each<[string, number, string[], string, boolean]>([
  ['nothing', 4, [], '', false],
  ['less than the limit', 4, ['a', 'bc'], 'abc', false],
  ['the limit', 4, ['ab', 'cd'], 'abcd', false],
  ['the limit and an empty chunk', 4, ['abcd', ''], 'abcd', false],
  ['one more', 4, ['ab', 'cde'], 'abcd', true],
  ['much more', 4, ['abcd', 'e', 'f'], 'abcd', true],
  ['no room at all', 0, ['a'], '', true],
])('%s', (_, limit, chunks, text, truncated) => {
  expect(collect(limit, chunks)).toEqual({ text, truncated });
});

it('a character that is cut in chunks is whole, one that is cut by the limit is marked', () => {
  const euro = Buffer.from('€');
  expect(collect(10, [euro.subarray(0, 1), euro.subarray(1)]).text).toBe('€');
  expect(collect(2, [euro]).text).toBe('\ufffd');
  expect(collect(10, [Buffer.from([0xff, 0x41])]).text).toBe('\ufffdA');
});
