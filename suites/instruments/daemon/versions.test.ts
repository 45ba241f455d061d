import { expect, test as it } from 'vitest';
import type { EngineRelease } from '../../../harness/checks/index.ts';
import { isEngineSince, isSince } from './versions.ts';

it.each([
  ['Docker version 26.1.5+dfsg1, build 411e817', '26.1', true],
  ['Docker version 26.1.5+dfsg1, build 411e817', '26.2', false],
  ['Docker version 26.1.5+dfsg1, build 411e817', '25.5', true],
  ['Docker version 20.10.24+dfsg1, build 5d6db84', '23.0', false],
  ['Docker version 29.10.0, build 1234567', '29.5', true],
  ['Docker version 20.10.5+dfsg1, build 55c4c88', '20.10.6', false],
  ['Docker version 20.10.24+dfsg1, build 5d6db84', '20.10.6', true],
  ['Docker version 23.0.1, build a5ee5b1', '20.10.6', true],
])('%s is %s or later: %s', (dockerd, release, isSince) => {
  expect(isEngineSince({ versions: { dockerd } }, release as EngineRelease)).toBe(isSince);
});

it('an engine without a version is an error and not an old one', () => {
  expect(() => isEngineSince({ versions: { dockerd: null } }, '23.0')).toThrow('the version of dockerd');
});

it.each([
  ['rootlesskit version 2.0.2', '3.0', false],
  ['rootlesskit version 3.0.1', '3.0', true],
  [null, '0.1', false],
])('%s is %s or later: %s', (version, release, is) => {
  expect(isSince(version, release)).toBe(is);
});
