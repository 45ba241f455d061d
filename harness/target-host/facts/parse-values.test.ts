import { expect, test as it } from 'vitest';
import { idRanges, memberOf, numberOf, words } from './parse-values.ts';

it.each([
  ['1024\n', 1024],
  [' 0 ', 0],
  ['', null],
  [undefined, null],
  ['-1', null],
  ['0x10', null],
  ['1e3', null],
  ['12 13', null],
  ['unlimited', null],
  ['9'.repeat(16), null],
])('numberOf(%j) is %j', (text, value) => {
  expect(numberOf(text)).toBe(value);
});

it('words and members', () => {
  expect(words(' a\tb\n c ')).toEqual(['a', 'b', 'c']);
  expect(memberOf('docker /usr/bin/docker\npasta -\nrunc \n\n')).toEqual({
    docker: '/usr/bin/docker',
    pasta: null,
    runc: null,
  });
});

it.each([
  ['by name', 'vagrant:100000:65536\ntester:165536:65536\n', [{ start: 165_536, count: 65_536 }]],
  ['by number', '1001:165536:65536\n', [{ start: 165_536, count: 65_536 }]],
  [
    'several, in file order',
    'tester:300000:10\n1001:200000:20\ntester:100000:30',
    [
      { start: 300_000, count: 10 },
      { start: 200_000, count: 20 },
      { start: 100_000, count: 30 },
    ],
  ],
  ['no line', 'vagrant:100000:65536\n', []],
  ['an empty file', '', []],
  ['another user whose name begins alike', 'tester2:1:65536\n10010:1:65536\n', []],
  ['a count of 0', 'tester:165536:0\n', []],
  ['no count', 'tester:165536\n', []],
  ['no number', 'tester:many:65536\ntester:165536:-1\ntester::\n', []],
  ['too many fields', 'tester:165536:65536:1\n', []],
  ['a comment', '#tester:165536:65536\n', []],
])('idRanges: %s', (_, file, ranges) => {
  expect(idRanges(file, 'tester', 1001)).toEqual(ranges);
});
