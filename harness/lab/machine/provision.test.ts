import { expect, test as it } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import { explainFullCache } from './provision.ts';

const failed = new RdcError('PROVISION', 'rootless in debian-13: exit code 100');

it.each([
  "E: You don't have enough free space in /var/cache/apt/archives/.",
  'dpkg: error processing archive: failed to write: No space left on device',
])('a full cache is named: %s', (said) => {
  const error = explainFullCache(failed, 'debian-13.nspawn', said);
  expect(error).toMatchObject({
    message: expect.stringContaining('[PROVISION] debian-13.nspawn: no room in the cache'),
    hint: 'df -h ~/.cache; ./rdc clean',
  });
});

it('anything else stays as it is', () => {
  expect(explainFullCache(failed, 'debian-13', 'E: Unable to locate package')).toBe(failed);
});
