import { expect, test as it } from 'vitest';
import type { HostFacts } from '../../harness/index.ts';
import { detachesNetns } from './docker-version.ts';

it.each([
  ['Docker version 20.10.24+dfsg1, build 297e128', false],
  ['Docker version 29.4.3, build abcdef0', false],
  ['Docker version 29.5.0, build abcdef0', true],
  ['Docker version 30.0.0', true],
  [null, null],
])('%s: %s', (dockerd, wanted) => {
  expect(detachesNetns({ versions: { dockerd } } as unknown as HostFacts)).toBe(wanted);
});
