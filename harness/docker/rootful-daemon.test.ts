import { expect, test as it, vi } from 'vitest';
import { RdcError } from '../errors.ts';
import type { Target } from '../target/target.ts';
import { dockerApi } from './api.ts';
import { startRootfulBeside } from './rootful-daemon.ts';

vi.mock('./api.ts', () => ({ dockerApi: vi.fn() }));

/** A root that answers each script by its part in the whole; `ran` are those parts in order. */
function rootThat(answers: Readonly<Record<string, { code?: number; stdout?: string }>> = {}) {
  const ran: string[] = [];
  const part = (script: string) => {
    if (script.includes('a rootful daemon runs')) return 'guard';
    if (script.includes('rm -rf /run/rdc-oracle')) return 'restore';
    return script.includes('setsid dockerd') ? 'start' : 'remember';
  };
  const shell = async (script: string) => {
    const name = part(script);
    ran.push(name);
    return { code: 0, stdout: '', stderr: '', truncated: false, durationMs: 1, ...answers[name] };
  };
  const target = { root: { shell }, facts: { host: { user: { gid: 1000 } } } } as unknown as Target;
  return { target, ran };
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
  const { target, ran } = rootThat({ guard: { stdout: 'a rootful daemon runs on it already\n' } });
  expect(await startRootfulBeside(target)).toContain('a rootful daemon runs on it already');
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
