import { expect, test as it } from 'vitest';
import type { Target } from '../../harness/checks/index.ts';
import { conflictsOf, idOwners, parseIdOwners, primaryGroups } from './id-conflicts.ts';

const user = { name: 'tester', uid: 1001 };
const subuid = 'vagrant:100000:65536\ntester:165536:65536\nother:231072:65536\n';
const passwd =
  'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/nonexistent:/bin/false\ntester:x:1001:1001::/home/tester:/bin/bash\n';

const conflicts = (ranges: string, real = passwd) => conflictsOf(parseIdOwners(ranges, real), user);

it('neighbours do not overlap', () => {
  expect(conflicts(subuid)).toEqual([]);
  expect(conflicts('')).toEqual([]);
});

it.each([
  ['the same range', 'other:165536:65536', ['other 165536-231071']],
  ['the last ID', 'other:231071:10', ['other 231071-231080']],
  ['the first ID', 'other:165000:537', ['other 165000-165536']],
  ['a range inside', 'other:200000:1', ['other 200000-200000']],
  ['a range around, by number', '1002:100:1000000', ['1002 100-1000099']],
  ['a second range of the user, by number', '1001:170000:1', ['1001 170000-170000', 'tester 165536-231071']],
  ['a second range of the user that is apart', '1001:1000000:65536', []],
  ['no range', 'other:165536:0\nother:x:5\n# note', []],
])('%s', (_, line, expected) => {
  expect(conflicts(`tester:165536:65536\n${line}\n`)).toEqual(expected);
});

it('accounts and groups with an ID of the range', () => {
  expect(conflicts(subuid, `${passwd}app:x:165536:165536::/:/bin/sh\nnext:x:231072:231072::/:/bin/sh\n`)).toEqual([
    'app 165536',
  ]);
  expect(conflicts(subuid, 'staff:x:200000:tester,other\n')).toEqual(['staff 200000']);
});

it('the group of an account, whether it has an entry or not', () => {
  expect(primaryGroups('root:x:0:0:root:/root:/bin/sh\nother:x:1002:165600::/:/bin/sh\n# note\n')).toEqual([
    { name: 'primary group of root', id: 0 },
    { name: 'primary group of other', id: 165_600 },
  ]);
});

it('a host without any account or group is one that was not read', async () => {
  const saying = (...parts: readonly string[]) =>
    idOwners({ shell: async () => ({ stdout: parts.join('--\n') }) } as unknown as Target);
  expect((await saying(subuid, passwd, subuid, 'root:x:0:\n')).uids.real).toHaveLength(3);
  await expect(saying(subuid, '', subuid, 'root:x:0:\n')).rejects.toThrow('[FACTS] the accounts of the host');
  await expect(saying(subuid, passwd, subuid, '')).rejects.toThrow('[FACTS] the groups of the host');
});
