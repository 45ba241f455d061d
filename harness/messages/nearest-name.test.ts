import { expect, test as it } from 'vitest';
import { didYouMean } from './nearest-name.ts';

const machines = ['debian-11', 'debian-12', 'debian-13', 'debian-testing', 'arch'];

it.each([
  ['debian-31', 'debian-13'],
  ['debain-13', 'debian-13'],
  ['debian13', 'debian-13'],
  ['DEBIAN-13', 'debian-13'],
  ['debian-t', 'debian-testing'],
  ['arhc', 'arch'],
])('%s is near to %s', (word, name) => {
  expect(didYouMean(word, machines)).toContain(`'${name}'`);
});

it('nothing is near to what is far', () => {
  expect(didYouMean('fedora', machines)).toBe('');
  expect(didYouMean('', machines)).toBe('');
  expect(didYouMean('x'.repeat(100_000), machines)).toBe('');
});
