import { expect, test as it } from 'vitest';
import type { ExecResult } from '../transport/transport.ts';
import { fullAmong, parseDiskSpace, requireDiskSpace } from './disk-space.ts';
import type { Target } from './target.ts';

const answer = (
  freeKiB: number,
  freeInodes: number | string,
) => `Filesystem     1024-blocks    Used Available Capacity Mounted on
/dev/vda1          4062912 1190532   ${freeKiB}      32% /
tmpfs               201108     112    200996       1% /run/user/1001
Filesystem     Inodes IUsed  IFree IUse% Mounted on
/dev/vda1      262144 40402 ${freeInodes}   16% /
tmpfs           50277    64  50213    1% /run/user/1001
`;

it('reads what df prints of two paths', () => {
  expect(parseDiskSpace(answer(2_645_772, 221_742))).toEqual([
    { mount: '/', freeKiB: 2_645_772, freeInodes: 221_742 },
    { mount: '/run/user/1001', freeKiB: 200_996, freeInodes: 50_213 },
  ]);
});

it('knows file systems that do not count inodes, and device names with spaces', () => {
  const text = `Filesystem 1024-blocks Used Available Capacity Mounted on
//nas/my share 100000 1 99999 1% /home
Filesystem Inodes IUsed IFree IUse% Mounted on
//nas/my share 0 0 0 - /home
`;
  expect(parseDiskSpace(text)).toEqual([{ mount: '/home', freeKiB: 99_999, freeInodes: null }]);
  expect(fullAmong(parseDiskSpace(text))).toBeUndefined();
});

it.each([
  ['no bytes', answer(0, 221_742)],
  ['no inodes', answer(2_645_772, 3)],
])('a disk with %s is full, and the message names what, where and what to do', async (_name, stdout) => {
  const refused = await requireDiskSpace(targetWith(stdout)).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'NO_SPACE', exitCode: 3 });
  expect(String(refused)).toMatch(/debian-13: the disk is full: \/ has/);
});

it('a disk with room, or a target that cannot tell, is no complaint', async () => {
  await expect(requireDiskSpace(targetWith(answer(2_645_772, 221_742)))).resolves.toBeUndefined();
  await expect(requireDiskSpace(targetWith(''))).resolves.toBeUndefined();
});

function targetWith(stdout: string): Target {
  const shell = async (): Promise<ExecResult> => ({ code: 0, stdout, stderr: '' }) as ExecResult;
  const host = { user: { name: 'tester', home: '/home/tester' }, runtimeDir: '/run/user/1001' };
  return { name: 'debian-13', facts: { host }, shell } as unknown as Target;
}
