import type { TestContext } from 'vitest';
import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { expect as labelledExpect } from '../../checks/expect.ts';
import { RdcError } from '../../messages/errors.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import type { HostFacts } from '../../target-host/facts/host-facts.ts';
import { Evidence } from '../verify/evidence.ts';
import { runConformance } from './conformance.ts';

const host = { user: { name: 'tester', home: '/home/tester' }, runtimeDir: '/run/user/1001' } as HostFacts;
const disk = (free: number) => `Filesystem 1024-blocks Used Available Capacity Mounted on
/dev/vda1 4062912 1190532 ${free} 32% /
Filesystem Inodes IUsed IFree IUse% Mounted on
/dev/vda1 262144 40402 221742 16% /
`;
const fullRuntimeDir = `${disk(2_000_000)}head: error writing 'standard output': No space left on device\n`;

type Shell = () => Promise<{ code: number; stdout: string; stderr: string }>;
const told =
  (stdout: string): Shell =>
  async () => ({ code: 0, stdout, stderr: '' });

/** The meta of a check that does not hold, on a target whose space is told so. */
const metaOf = (id: string, stdout: string) =>
  metaOn(id, told(stdout), async () => labelledExpect('no', 'the claim').toBe('yes'));

async function metaOn(id: string, shell: Shell, verify: () => Promise<void>): Promise<Record<string, unknown>> {
  const meta = {};
  const skip = (reason: string) => {
    throw new Error(`skipped: ${reason}`);
  };
  const context = { task: { meta }, skip } as unknown as TestContext;
  const target = { name: 'debian-13', facts: { host }, shell };
  const check = { id, verify } as unknown as DeclaredCheck;
  const mode = { context, evidence: new Evidence(), host, target: target as unknown as RestartableTarget };
  await runConformance(check, mode).catch(() => {});
  return meta;
}

it('a check that does not hold fails where there is room', async () => {
  expect(await metaOf('CG-MEM', disk(2_000_000))).toMatchObject({ verdict: 'fail' });
});

it('with a full runtime directory PRE-XDG fails, and it blocks the others that do not hold', async () => {
  expect(await metaOf('PRE-XDG', fullRuntimeDir)).toMatchObject({ verdict: 'fail' });
  expect(await metaOf('CG-MEM', fullRuntimeDir)).toMatchObject({
    verdict: 'blocked',
    blockedBy: 'PRE-XDG',
    reason: '/run/user/1001 is full: tester cannot write 256 KiB there',
  });
});

it('on a full disk nothing is judged, PRE-XDG neither', async () => {
  for (const id of ['PRE-XDG', 'CG-MEM'])
    expect(await metaOf(id, disk(0))).toMatchObject({
      verdict: 'error',
      reason: expect.stringContaining('disk is full'),
    });
});

it('a target that answers nothing any more ends the run; a check that alone was slow does not', async () => {
  const slow = () => Promise.reject(new RdcError('TIMEOUT', 'a command on debian-13 did not end within 60000 ms'));
  expect(await metaOn('CG-MEM', slow, slow)).toMatchObject({
    verdict: 'error',
    reason:
      '[LOST] debian-13 stopped answering: a command on debian-13 did not end within 60000 ms, and a command that does nothing got no answer either',
  });
  expect(await metaOn('CG-MEM', told(disk(2_000_000)), slow)).toMatchObject({
    verdict: 'error',
    reason: expect.stringContaining('[TIMEOUT]'),
  });
  // what was seen is seen
  expect(await metaOn('CG-MEM', slow, async () => expect(1, 'the claim').toBe(2))).toMatchObject({ verdict: 'fail' });
});

it('a check that does not hold is no failure where nobody can tell whether there was room', async () => {
  const untold: Shell = async () => ({ code: 1, stdout: '', stderr: 'df: /home/tester: Input/output error' });
  const meta = await metaOn('A-ONE', untold, async () => labelledExpect('no', 'the claim').toBe('yes'));
  expect(meta).toMatchObject({
    verdict: 'error',
    reason: expect.stringMatching(
      /^\[FACTS\] debian-13: cannot read the free space .*, after: the claim: expected yes, found no/,
    ),
  });
});
