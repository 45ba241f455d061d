import { expect, test as it } from 'vitest';
import { parseEfforts } from './without-driver.ts';

const alloc = '{"call":"alloc","touchedMiB":64,"errno":null}';
const fork = '{"call":"fork","forked":8,"errno":null}';
const burn = '{"call":"burn","cpuMs":1990,"wallMs":2000}';

it('three processes that nobody limited', () => {
  expect(parseEfforts(`${alloc}\n${fork}\n${burn}\n`)).toEqual({
    touchedMiB: 64,
    forks: { forked: 8, errno: null },
    cores: 0.995,
  });
});

it('a process that was killed says nothing, and the others are still heard', () => {
  const limited = `Killed\n${fork.replace('8,"errno":null', '3,"errno":"EAGAIN"')}\n${burn.replace('1990', '1000')}\n`;
  expect(parseEfforts(limited)).toEqual({ touchedMiB: null, forks: { forked: 3, errno: 'EAGAIN' }, cores: 0.5 });
  expect(parseEfforts('')).toEqual({ touchedMiB: null, forks: null, cores: null });
});
