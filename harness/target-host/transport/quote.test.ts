import { execFileSync } from 'node:child_process';
import { expect, test as it } from 'vitest';
import { quoteArgv, quoteWord } from './quote.ts';

const odd = [
  '',
  ' ',
  'plain',
  'a b',
  "it's",
  "''",
  '"',
  '$HOME `id` $(id)',
  '\\',
  'a\\',
  '!x',
  '*',
  '~',
  '~root',
  '#c',
  '-n',
  'a;b|c&d<e>f',
  'a\nb',
  '\n',
  '\t',
  '{a,b}',
  'x=$y',
  '%s',
  'é→\u{1f600}',
  "'$(touch /nowhere)'",
];

it('every word comes back as it was, through a real sh', () => {
  const script = `for w in ${quoteArgv(odd)}; do printf '%s\\0' "$w"; done`;
  const back = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(back).toEqual(odd);
});

it('a script within a script within a script', () => {
  const inner = quoteArgv(['printf', '%s', "it's $HOME"]);
  const line = quoteArgv(['sh', '-c', quoteArgv(['sh', '-c', inner])]);
  expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe("it's $HOME");
});

it('plain words stay readable', () => {
  expect(quoteArgv(['stat', '-c', '%a', '/etc/subuid'])).toBe('stat -c %a /etc/subuid');
  expect(quoteWord('a b')).toBe("'a b'");
});
