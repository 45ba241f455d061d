import { expect, test as it, vi } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../access/target.ts';
import { dockerApi } from './api.ts';
import { startRootfulBeside, startRootfulInPlace } from './rootful-daemon.ts';

vi.mock('./api.ts', () => ({ dockerApi: vi.fn() }));

/** A root that answers each script by its part in the whole; `ran` are those parts in order. */
function rootThat(answers: Readonly<Record<string, { code?: number; stdout?: string }>> = {}) {
  const ran: string[] = [];
  const scripts: string[] = [];
  const part = (script: string) => {
    if (script.includes('one is already running')) return 'guard';
    if (script.includes('mkdir -m 700 /run/rdc-oracle-new')) return 'remember';
    return script.includes('setsid dockerd') ? 'start' : 'restore';
  };
  const shell = async (script: string) => {
    const name = part(script);
    scripts.push(script);
    ran.push(name);
    return { code: 0, stdout: '', stderr: '', truncated: false, durationMs: 1, ...answers[name] };
  };
  const target = { root: { shell }, facts: { host: { user: { gid: 1000 } } } } as unknown as Target;
  return { target, ran, scripts };
}

it('remembers the host before it starts, and puts it back at the end', async () => {
  vi.mocked(dockerApi).mockResolvedValue({ status: 200 } as never);
  const { target, ran } = rootThat();
  const daemon = await startRootfulBeside(target);
  expect(ran).toEqual(['restore', 'guard', 'remember', 'start']);
  if (typeof daemon === 'string') throw new Error(daemon);
  await daemon.stop();
  expect(ran.at(-1)).toBe('restore');
});

it('starts none beside one that is there', async () => {
  const { target, ran } = rootThat({ guard: { stdout: 'one is already running\n' } });
  expect(await startRootfulBeside(target)).toContain('one is already running');
  expect(ran).toEqual(['restore', 'guard']);
});

it('a daemon that does not answer is a reason, and the host is put back', async () => {
  vi.mocked(dockerApi).mockRejectedValue(new RdcError('DAEMON', 'no answer'));
  const { target, ran } = rootThat();
  expect(await startRootfulBeside(target, 0)).toContain('did not answer within 0 s');
  expect(ran.at(-1)).toBe('restore');
});

it('without root it is a reason', async () => {
  const { target } = rootThat();
  const shell = () => Promise.reject(new RdcError('ROOT', 'sudo -n is refused on the target'));
  expect(await startRootfulBeside({ ...target, root: { ...target.root, shell } })).toContain('sudo -n is refused');
});

it('a host that cannot be put back throws', async () => {
  vi.mocked(dockerApi).mockResolvedValue({ status: 200 } as never);
  const { target } = rootThat();
  const daemon = await startRootfulBeside(target);
  if (typeof daemon === 'string') throw new Error(daemon);
  target.root.shell = async () => ({ code: 1, stdout: '', stderr: '', truncated: false, durationMs: 1 });
  await expect(daemon.stop()).rejects.toMatchObject({ code: 'COMMAND' });
});

it("in the place of the user's: the host is remembered before that one is stopped, and put back", async () => {
  const { target, ran } = rootThat();
  const stop = await startRootfulInPlace(target, async () => void ran.push('make room'));
  await stop();
  expect(ran).toEqual(['restore', 'guard', 'remember', 'make room', 'start', 'restore']);
});

it("in the place of the user's: none beside another one, and the user's is left alone", async () => {
  const { target, ran } = rootThat({ guard: { stdout: 'its bridge docker0 is in use\n' } });
  const refused = startRootfulInPlace(target, async () => void ran.push('make room'));
  await expect(refused).rejects.toMatchObject({
    code: 'DAEMON',
    message: expect.stringContaining('docker0 is in use'),
  });
  expect(ran).toEqual(['restore', 'guard']);
});

it('modules that take bridges, links or rules of others along are not unloaded, nor a bridge that was there', async () => {
  const { target, scripts } = rootThat();
  await startRootfulInPlace(target, async () => {});
  const restore = scripts[0] ?? '';
  const kept = new RegExp(`^(${/grep -vxE '([^']+)' \| xargs/.exec(restore)?.[1]})$`);
  const modules = ['bridge', 'veth', 'iptable_nat', 'ip6table_filter', 'nf_tables', 'br_netfilter', 'xt_addrtype'];
  expect(modules.filter((name) => !kept.test(name))).toEqual(['br_netfilter', 'xt_addrtype']);
  expect(restore).toContain('[ -e /run/rdc-oracle/docker0 ] || ip link del docker0');
});

it('what a kill in the middle of it left is no memory of the host', async () => {
  const { target, scripts } = rootThat();
  await startRootfulInPlace(target, async () => {});
  const remember = scripts.find((script) => script.includes('mkdir -m 700')) ?? '';
  const last = remember.trim().split('\n').at(-1);
  expect(last).toBe('mv /run/rdc-oracle-new /run/rdc-oracle');
  expect(remember.replace(last ?? '', '')).not.toMatch(/\/run\/rdc-oracle\//);
});
