import { expect, test as it } from 'vitest';
import { cut, hang, wrap } from './style.ts';

it('wraps at spaces; a word that is longer than a line stays whole, so that a URL can be copied', () => {
  expect(wrap('one two https://example.org/long', '  ', 10)).toBe('  one two\n  https://example.org/long');
  expect(hang('to do  ', 'sudo mend it', 16)).toBe('to do  sudo mend\n       it');
});

it('cuts to the columns of a terminal, of which a wide character takes two', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdefg', 6)).toBe('abcde…');
  expect(cut('日本語日', 6)).toBe('日本…');
});
