import { beforeEach, expect, test as it, vi } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import { startRootfulBeside } from '../../target-host/docker/rootful-daemon.ts';
import type { RunListener } from '../../verdicts/run-listener.ts';
import type { Triage } from '../../verdicts/triage.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { runChecks, type VitestJob } from './run-vitest.ts';
import { type TriageJob, triageTarget } from './triage-target.ts';

vi.mock('./run-vitest.ts');
vi.mock('../../target-host/docker/rootful-daemon.ts', () => ({
  rootfulSocket: '/run/rootful.sock',
  startRootfulBeside: vi.fn(),
}));
vi.mock('../../target-host/connection/connect.ts', () => ({
  connectTarget: async () => ({ observedBy: () => ({}), close: async () => {} }),
}));

const works: NonNullable<CheckMeta['views']> = { rootful: { seen: 'works' }, bare: { seen: 'works' } };
let asked: VitestJob | undefined;
let stopped = 0;

beforeEach(() => {
  asked = undefined;
  stopped = 0;
  vi.mocked(startRootfulBeside).mockResolvedValue({
    async stop() {
      stopped += 1;
    },
  });
  vi.mocked(runChecks).mockImplementation(async (job) => {
    asked = job;
    const meta = { views: works, evidence: 'evidence/x.views.txt' };
    for (const { id } of job.checks) job.onJudged(id, meta, { state: 'passed', errors: [], durationMs: 1 });
    return { broken: [] };
  });
});

const results = {
  'A-RED': { level: 'MUST', verdict: 'fail', reason: 'the value' },
  'A-GREEN': { level: 'MUST', verdict: 'pass' },
  'A-LIMIT': { level: 'LIMITATION', verdict: 'pass' },
  'A-SKIP': { level: 'LIMITATION', verdict: 'skip', reason: 'not here' },
  'A-PLAIN': { level: 'MUST', verdict: 'fail', reason: 'the value' },
  'A-PLAIN-LIMIT': { level: 'LIMITATION', verdict: 'pass' },
} as const;

async function take(changes: Partial<TriageJob> & { kind?: 'machine' | 'ssh' } = {}) {
  const { kind = 'machine', ...more } = changes;
  const taken: Record<string, Triage> = {};
  const listener: RunListener = {
    viewsTaken(_target, id, views) {
      taken[id] = views;
    },
  };
  const checks = Object.keys(results).map((id) => ({ id, area: 'a', ...(id.includes('PLAIN') ? {} : { triage: {} }) }));
  const job = {
    context: { name: 'x', kind, folder: '/nowhere', expected: [] },
    connection: { name: 'x', kind, root: 'none', folder: '/nowhere', host: { socket: '/run/user/1/docker.sock' } },
    checks: checks as unknown as readonly DeclaredCheck[],
    results: new Map(Object.entries(results) as unknown as [string, CheckResult][]),
    listeners: [listener],
    signal: new AbortController().signal,
    allowRootful: false,
    ...more,
  } as unknown as TriageJob;
  return { broken: await triageTarget(job), taken };
}

it('are taken of what is red and of limitations, behind the socket of a rootful daemon that is ended', async () => {
  const { broken, taken } = await take();
  expect(broken).toBeUndefined();
  expect(asked?.checks.map(({ id }) => id)).toEqual(['A-RED', 'A-LIMIT']);
  expect(asked?.connection.host?.socket).toBe('/run/rootful.sock');
  expect(asked?.noRootful).toBeUndefined();
  expect(stopped).toBe(1);
  expect(taken['A-RED']).toMatchObject({
    blame: 'defect',
    evidence: 'evidence/x.views.txt',
    views: { ...works, rootless: { seen: 'fails', detail: 'the value' } },
  });
  expect(taken['A-LIMIT']?.blame).toBe('rootless by design');
});

it('a red check without a declared view is undecided and says so', async () => {
  const { taken } = await take();
  expect(Object.keys(taken).toSorted()).toEqual(['A-LIMIT', 'A-PLAIN', 'A-RED']);
  expect(taken['A-PLAIN']).toMatchObject({
    because: 'this check declares no other view',
    views: { bare: { seen: 'not taken' } },
  });
});

it('no rootful daemon is started on a host that the lab did not provision, unless that is allowed', async () => {
  await take({ kind: 'ssh' });
  expect(startRootfulBeside).not.toHaveBeenCalled();
  expect(asked?.noRootful).toContain('--allow-rootful');
  expect(asked?.connection.host?.socket).toBe('/run/user/1/docker.sock');
  await take({ kind: 'ssh', allowRootful: true });
  expect(startRootfulBeside).toHaveBeenCalledOnce();
  expect(asked?.noRootful).toBeUndefined();
});

it('none is started where nobody asks for it', async () => {
  vi.mocked(startRootfulBeside).mockClear();
  const checks = [{ id: 'A-RED', area: 'a', triage: { notRootful: 'no such claim' } }] as unknown as DeclaredCheck[];
  await take({ checks });
  expect(startRootfulBeside).not.toHaveBeenCalled();
  expect(asked?.checks).toHaveLength(1);
});

it('one that cannot be started is a missing view, and no more than that', async () => {
  vi.mocked(startRootfulBeside).mockResolvedValue('a rootful daemon runs on it already');
  const { broken } = await take();
  expect(broken).toBeUndefined();
  expect(asked?.noRootful).toBe('a rootful daemon runs on it already');
});

it('a host that could not be put back as it was is told', async () => {
  const stop = () => Promise.reject(new RdcError('COMMAND', 'command failed on the target with exit code 1'));
  vi.mocked(startRootfulBeside).mockResolvedValue({ stop });
  const { broken, taken } = await take();
  expect(broken).toMatch(/triage could not restore the host: \[COMMAND\]/);
  expect(taken['A-RED']?.blame).toBe('defect');
});

it('what triage never came to is not taken, with the reason', async () => {
  vi.mocked(runChecks).mockResolvedValue({ broken: ['a.spec.ts: no such file'] });
  const { taken } = await take();
  expect(taken['A-RED']).toMatchObject({
    blame: 'undecided',
    views: { rootful: { seen: 'not taken', detail: 'a.spec.ts: no such file' } },
  });
});

it('an interrupted run takes none', async () => {
  await take({ signal: AbortSignal.abort() });
  expect(asked).toBeUndefined();
});
