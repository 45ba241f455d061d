import { expect, test as it } from 'vitest';
import { engineChanges, newerThanVerified, newestVerified } from './engine-changes.ts';

it('each release stands once for its program, the oldest first', () => {
  const names = engineChanges.map(({ program, since }) => `${program} ${since}`);
  expect(new Set(names).size).toBe(names.length);
});

it.each([
  [{ dockerd: 'Docker version 30.0.1, build abc', rootlesskit: 'rootlesskit version 3.0.1' }, ['dockerd 30.0 (29.8)']],
  [
    { dockerd: 'Docker version 29.9.0', rootlesskit: 'rootlesskit version 3.1.0' },
    ['dockerd 29.9 (29.8)', 'rootlesskit 3.1 (3.0)'],
  ],
  [{ dockerd: 'Docker version 29.8.3', rootlesskit: null }, []],
  [{ dockerd: 'Docker version 26.1.5+dfsg1', rootlesskit: 'nonsense' }, []],
  [{}, []],
])('%j', (versions, newer) => {
  expect(newestVerified).toEqual({ dockerd: '29.8', rootlesskit: '3.0' });
  expect(newerThanVerified(versions)).toEqual(newer);
});
