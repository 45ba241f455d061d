import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { HostFacts, Target } from '../../../harness/checks/index.ts';
import { otherProcesses, parseCrash, serviceProcesses } from './leftovers.ts';
import type { DaemonProcess } from './process.ts';

const stat =
  '4308 (rootlesskit) S 3970 4308 4308 0 -1 4194560 3026 96240 0 89 12 30 420 190 20 0 11 0 8123 1265991680 2500 18446744073709551615 1 1 0 0 0 0 0 0 2143420159 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0';

it('a crash after which all is well', () => {
  expect(parseCrash(`100\n78.50\nnext ${stat}\n`)).toEqual({ left: [], restartedAfterSeconds: 81.23 - 78.5 });
});

it('a crash after which something stays and nothing comes back', () => {
  expect(parseCrash('100\n78.50\nleft dockerd 4375\nleft slirp4netns 4363\n')).toEqual({
    left: ['dockerd 4375', 'slirp4netns 4363'],
    restartedAfterSeconds: null,
  });
});

/** A machine of which each question is answered by a shell here. */
const target = {
  root: {
    async shell(script: string) {
      return { stdout: spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout };
    },
  },
} as unknown as Target;

it("what the user runs under the same name is not the service's", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-'));
  const start = async (name: string) => {
    copyFileSync('/bin/sleep', join(folder, name));
    const child = spawn(join(folder, name), ['60']);
    await once(child, 'spawn');
    return child;
  };
  const [stranger, left] = [await start('pasta'), await start('rootlesskit')];
  try {
    const host = { user: { uid: process.geteuid?.() } } as HostFacts;
    const service = [{ pid: left.pid ?? 0, command: 'rootlesskit', uids: [] }];
    const others = await otherProcesses(target, host, { service } as unknown as DaemonProcess);
    expect(others).toContain(`pasta ${stranger.pid}`);
    expect(others).not.toContain(`rootlesskit ${left.pid}`);
    const remaining = await serviceProcesses(target, host, others);
    expect(remaining).toContain(`rootlesskit ${left.pid}`);
    expect(remaining).not.toContain(`pasta ${stranger.pid}`);
  } finally {
    for (const child of [stranger, left]) child.kill('SIGKILL');
  }
});

it('no process of the service is one thing, no process that was looked at another', async () => {
  const host = { user: { uid: 1001 } } as HostFacts;
  const saying = (stdout: string) => ({ root: { shell: async () => ({ stdout }) } }) as unknown as Target;
  expect(await serviceProcesses(saying('dockerd 4375\nlooked\n'), host, [])).toEqual(['dockerd 4375']);
  expect(await serviceProcesses(saying('looked\n'), host, [])).toEqual([]);
  await expect(serviceProcesses(saying(''), host, [])).rejects.toThrow('[FACTS] the processes of the host');
});
