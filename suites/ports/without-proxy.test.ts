import { spawnSync } from 'node:child_process';
import { expect, test as it, vi } from 'vitest';
import type { RestartableTarget, VerifyContext } from '../../harness/checks/index.ts';
import { daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { switchProxyOff } from './without-proxy.ts';

vi.mock('../instruments/daemon/daemon-faults.ts', () => ({ daemonJson: vi.fn() }));

/** A host whose root answers the load; `did` has everything in order, what was deferred at the end. */
async function proxyOff(engine: string, loads: boolean, comesUp = true) {
  const did: string[] = [];
  const undos: (() => Promise<unknown>)[] = [];
  const shell = async (script: string) => {
    expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
    const [, command = ''] = /(modprobe[^;]*|rmmod.*)/.exec(script) ?? [];
    did.push(script.includes('bridge-nf-call-*') ? `${command}, host's bridges spared` : command);
    return { code: 0, stdout: loads ? 'loaded\n' : '', stderr: '', truncated: false, durationMs: 1 };
  };
  vi.mocked(daemonJson).mockReturnValue(async () => {
    if (!comesUp) throw new Error('down');
    did.push('restart without proxy');
    return async () => void did.push('restart with proxy');
  });
  const target = { root: { shell } } as unknown as RestartableTarget;
  const host = { versions: { dockerd: `Docker version ${engine}` } };
  const context = {
    target,
    host,
    defer: (undo: () => Promise<unknown>) => undos.push(undo),
  } as unknown as VerifyContext<RestartableTarget>;
  const failure = await switchProxyOff(context).catch((error: Error) => error.message);
  for (const undo of undos.reverse()) await undo();
  return { did, failure };
}

it('from 28.0 on the module alone goes, and before the restart that takes the setting back', async () => {
  const { did } = await proxyOff('28.5.2', true);
  expect(did).toEqual([
    "modprobe br_netfilter, host's bridges spared",
    'restart without proxy',
    'rmmod br_netfilter',
    'restart with proxy',
  ]);
});

it('one that was loaded before stays', async () => {
  const { did } = await proxyOff('28.5.2', false);
  expect(did).not.toContain('rmmod br_netfilter');
  expect(did).toHaveLength(3);
});

it('it goes where the daemon does not come up, too', async () => {
  const { did, failure } = await proxyOff('28.5.2', true, false);
  expect([did.at(-1), failure]).toEqual(['rmmod br_netfilter', 'down']);
});

it('from 29.5 on the daemon reads the setting of the host, and before 28.0 nothing is loaded', async () => {
  expect((await proxyOff('29.5.0', true)).did[0]).toBe('modprobe br_netfilter');
  expect((await proxyOff('26.1.5', true)).did).toEqual(['restart without proxy', 'restart with proxy']);
});
