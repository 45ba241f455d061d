import { expect, test as it } from 'vitest';
import { hostile } from '../test-doubles/hostile-texts.ts';
import { plainLine, plainText, visibleText } from './plain-text.ts';

it.each([
  ['colours and cursor moves', '\u001b[31mred\u001b[0m\u001b[2J', 'red'],
  ['a window title', '\u001b]0;owned\u0007text', 'text'],
  ['a link', '\u001b]8;;http://192.0.2.1\u001b\\here\u001b]8;;\u001b\\', 'here'],
  ['C1 controls', '\u009b31mred\u009d0;title\u009c', 'red'],
  ['an unfinished sequence', 'a\u001b]0;owned\nb', 'a\nb'],
  ['backspaces, bells, returns', 'a\bb\u0007c\rd', 'abcd'],
  ['reversed and hidden text', 'a\u202eb\u200bc\ufeff', 'abc'],
  ['lone surrogates', 'a\ud800b', 'a\ufffdb'],
  ['lines and tabs stay', 'a\r\nb\tc', 'a\nb\tc'],
])('%s', (_, text, expected) => {
  expect(plainText(text)).toBe(expected);
});

it('huge text is cut in no time, and says how much there was', () => {
  const huge = Buffer.from(`\u001b]0;${hostile.huge}`.repeat(20)).toString();
  const started = performance.now();
  const text = plainText(huge, 100);
  expect(text).toMatch(/cut, 40000080 characters in all/);
  expect(performance.now() - started).toBeLessThan(500);
});

it('a line holds no newline', () => {
  expect(plainLine(' a\n\n b\u001b[1m\u2028c ')).toBe('a b c');
});

it('in evidence what was there is seen to have been there', () => {
  expect(visibleText('a\u001b[2Jb\u202ec\n\td\ud800')).toBe('a\ufffd[2Jb\ufffdc\n\td\ufffd');
});
