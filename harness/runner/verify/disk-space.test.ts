import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { Target } from '../../target-host/access/target.ts';
import type { ExecResult } from '../../target-host/transport/transport.ts';
import { fullAmong, parseDiskSpace, requireDiskSpace, requireRoom } from './disk-space.ts';

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

it('a disk with room is no complaint', async () => {
  await expect(requireDiskSpace(targetWith(answer(2_645_772, 221_742)))).resolves.toBeUndefined();
});

/** What df says of the home, and the words of a write that was tried in the runtime directory. */
const home = (freeKiB: number, words: string) => `${answer(freeKiB, 221_742).replace(/^tmpfs.*\n/gm, '')}${words}`;
const noSpace = "head: error writing 'standard output': No space left on device\n";

it.each([
  ['says nothing', targetWith('')],
  ['says something else', targetWith('df: unrecognized option: i\n')],
  ['tells a half', targetWith(home(2_645_772, '').split(/(?=Filesystem)/)[0] ?? '')],
  ['fails', targetWith(home(2_645_772, ''), [], 1)],
])('a df that %s is not room', async (_name, target) => {
  const untold = '[FACTS] debian-13: cannot read the free space of /home/tester';
  await expect(requireDiskSpace(target)).rejects.toThrow(untold);
  await expect(requireRoom(target)).rejects.toThrow(untold);
});

it.each([
  ['no blocks', noSpace],
  ['no inodes', "mktemp: failed to create file via template '/run/user/1001/rdc.XXXXXX': No space left on device\n"],
  ['a quota', 'head: write error: Disk quota exceeded\n'],
])('a runtime directory with %s blocks by PRE-XDG, and does not end the run', async (_name, words) => {
  const target = targetWith(home(2_645_772, words));
  await expect(requireDiskSpace(target)).resolves.toBeUndefined();
  await expect(requireRoom(target)).rejects.toMatchObject({
    by: 'PRE-XDG',
    message: '/run/user/1001 is full: tester cannot write 256 KiB there',
  });
});

it('a full disk comes first; a runtime directory of somebody else, or with room, is no matter of space', async () => {
  await expect(requireRoom(targetWith(home(0, noSpace)))).rejects.toMatchObject({ code: 'NO_SPACE' });
  const denied = "mktemp: failed to create file via template '/run/user/1001/rdc.XXXXXX': Permission denied\n";
  for (const words of [denied, '', 'rm: No space left on device, it said\n'])
    await expect(requireRoom(targetWith(home(2_645_772, words)))).resolves.toBeUndefined();
});

it('what is run on the target sees a full runtime directory, and leaves nothing in it', async () => {
  const scripts: string[] = [];
  await requireRoom(targetWith(home(2_645_772, ''), scripts));
  const folder = mkdtempSync(join(tmpdir(), 'rdc-runtime-'));
  const script = String(scripts[0]).replaceAll('/run/user/1001', folder).replaceAll('/home/tester', tmpdir());
  const run = (before = '') => spawnSync('sh', ['-c', `${before}${script}`], { encoding: 'utf8' });
  expect(run().stdout).not.toContain(folder);
  symlinkSync('/dev/full', join(folder, 'full'));
  expect(run(`mktemp() { echo ${folder}/full; }; `).stdout).toMatch(/: No space left on device$/m);
  expect(readdirSync(folder)).toEqual([]);
  // what is tried there is no answer of df's
  expect(run('df() { :; }; mktemp() { false; }; ').status).toBe(0);
  expect(run('df() { false; }; ').status).toBe(1);
  rmSync(folder, { recursive: true });
});

function targetWith(stdout: string, scripts: string[] = [], code = 0): Target {
  const shell = async (script: string): Promise<ExecResult> => {
    scripts.push(script);
    return { code, stdout, stderr: '' } as ExecResult;
  };
  const host = { user: { name: 'tester', home: '/home/tester' }, runtimeDir: '/run/user/1001' };
  return { name: 'debian-13', facts: { host }, shell } as unknown as Target;
}
