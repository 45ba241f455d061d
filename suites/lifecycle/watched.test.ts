import { describe, expect, test as it } from 'vitest';
import { inWords, talkative } from './watched.ts';

const complete = [...Array.from({ length: 200 }, (_, index) => `rdc-line ${index + 1}`), 'x'.repeat(40_000), ''].join(
  '\r\n',
);

describe('what a log holds, in words', () => {
  it('all of it', () => expect(inWords(complete)).toBe(talkative.all));

  it('nothing', () => expect(inWords('')).toBe('0 in order, the longest of 0'));

  it('a line is missing, another is cut', () => {
    const text = complete.replace('rdc-line 7\r\n', '').replace('x'.repeat(100), '');
    expect(inWords(text)).toBe('199 out of order, the longest of 39900');
  });
});
