import { beforeEach, expect, test as it, vi } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import type { RunListener } from '../../verdicts/run-listener.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { judgeTarget, type TargetJob } from './judge-target.ts';
import { runChecks, type VitestJob } from './run-vitest.ts';

vi.mock('./run-vitest.ts');
vi.mock('../../fixture-image/build.ts', () => ({ ensureFixtureImage: async () => ({}) }));
vi.mock('../../checks/set-aside.ts', () => ({ putBackLeftovers: async () => {} }));
vi.mock('../verify/disk-space.ts', () => ({ requireDiskSpace: async () => {} }));
vi.mock('../../target-host/docker/daemon-facts.ts', () => ({ readDaemonFacts: async () => null }));
vi.mock('../../target-host/connection/connect.ts', () => ({
  connectTarget: async () => ({ host: { architecture: 'x86_64' }, observedBy: () => ({}), close: async () => {} }),
}));

const declarations = ['A-ONE', 'A-TWO'].map((id) => {
  return { id, area: 'a', level: 'MUST', title: id, source: { url: '', section: '' }, remedy: '' } as const;
});
const judged: CheckResult[] = [];
const metas = new Map<string, CheckMeta>();
const abort = { controller: new AbortController() };

beforeEach(() => {
  judged.splice(0);
  abort.controller = new AbortController();
});

/** What judgeTarget says is broken, when the runner does this. */
async function brokenAfter(
  runner: (job: VitestJob) => readonly string[],
  more: Partial<TargetJob> = {},
): Promise<string | undefined> {
  vi.mocked(runChecks).mockImplementation(async (job) => ({ broken: runner(job) }));
  const listener: RunListener = { checkJudged: (_target, result) => void judged.push(result) };
  const job = {
    context: { name: 'x', kind: 'local', folder: '/nowhere', expected: declarations },
    connection: { name: 'x', kind: 'local', root: 'none', folder: '/nowhere' },
    checks: declarations as unknown as readonly DeclaredCheck[],
    mode: 'conformance',
    listeners: [listener],
    onMeta: (id, meta) => metas.set(id, meta),
    reporters: () => [],
    signal: abort.controller.signal,
    ...more,
  } satisfies TargetJob;
  return await judgeTarget(job);
}

const pass = (job: VitestJob, id: string) =>
  job.onJudged(id, { verdict: 'pass' }, { state: 'passed', errors: [], durationMs: 1 });
const passAll = (job: VitestJob) => {
  for (const { id } of declarations) pass(job, id);
};

it('every check judged is nothing broken', async () => {
  const broken = await brokenAfter((job) => {
    passAll(job);
    return [];
  });
  expect(broken).toBeUndefined();
  expect(judged.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['A-ONE pass', 'A-TWO pass']);
});

it('a check that was never judged is named, with what may explain it', async () => {
  const broken = await brokenAfter((job) => {
    pass(job, 'A-ONE');
    return ['two.spec.ts: no such file'];
  });
  expect(broken).toBe('never judged: A-TWO (two.spec.ts: no such file)');
  expect(await brokenAfter(() => [])).toBe('never judged: A-ONE, A-TWO');
});

it('something broken is told although every check was judged', async () => {
  const broken = await brokenAfter((job) => {
    passAll(job);
    return ['unhandled: left alone', 'a.spec.ts: the hook broke'];
  });
  expect(broken).toBe('unhandled: left alone; a.spec.ts: the hook broke');
});

it('an interrupted run says so, whatever was judged', async () => {
  const broken = await brokenAfter((job) => {
    passAll(job);
    abort.controller.abort();
    return [];
  });
  expect(broken).toBe('interrupted');
});

it('a verdict that nobody asked for is an error', async () => {
  await expect(
    brokenAfter((job) => {
      pass(job, 'A-THREE');
      return [];
    }),
  ).rejects.toMatchObject({ code: 'REPORT' });
});

it('a lost target is one message and ends the run', async () => {
  const broken = await brokenAfter((job) => {
    const lost = '[LOST] the SSH connection to x is lost';
    job.onJudged('A-ONE', { verdict: 'error', reason: lost, lost }, { state: 'failed', errors: [lost], durationMs: 1 });
    expect(job.signal?.aborted).toBe(true);
    return [];
  });
  expect(broken).toBe('[LOST] the SSH connection to x is lost');
  expect(judged.map(({ verdict }) => verdict)).toEqual(['error']);
});

it('a kill in a test that broke is none, and a fault test that ran out of time says so', async () => {
  await brokenAfter((job) => {
    const killed = { verdict: 'pass', outcome: 'killed', reason: 'the value' } as const;
    job.onJudged('A-ONE', killed, { state: 'failed', errors: ['the hook broke'], durationMs: 1 });
    job.onJudged('A-TWO', {}, { state: 'failed', errors: ['timed out in 900000ms'], durationMs: 1 });
    return [];
  });
  expect(metas.get('A-ONE')).toMatchObject({ outcome: 'error', reason: 'the hook broke' });
  expect(metas.get('A-TWO')).toEqual({ reason: 'timed out in 900000ms' });
  await brokenAfter((job) => {
    const killed = { verdict: 'pass', outcome: 'killed', reason: 'the value' } as const;
    job.onJudged('A-ONE', killed, { state: 'passed', errors: [], durationMs: 1 });
    return [];
  });
  expect(metas.get('A-ONE')).toEqual({ verdict: 'pass', outcome: 'killed', reason: 'the value' });
});

/** Which checks are judged on which machine, when the second is this one. */
async function judgedWhere(second: Awaited<ReturnType<NonNullable<TargetJob['second']>>>): Promise<string[]> {
  const [one, two] = declarations;
  const where: string[] = [];
  const judge = (job: VitestJob) => {
    for (const { id } of job.checks) {
      pass(job, id);
      where.push(`${id} on ${job.connection.user?.host ?? 'the first'}`);
    }
    return [];
  };
  const checks = [one, { ...two, restartsDaemon: true }] as unknown as readonly DeclaredCheck[];
  expect(await brokenAfter(judge, { checks, second: async () => second })).toBeUndefined();
  return where.toSorted();
}

it('what restarts something is judged on the second machine, and on the first one where there is no second', async () => {
  const user = { host: 'the second', port: 22, user: 'tester', hostKeys: [] };
  const second = { name: 'x', kind: 'machine', root: 'none', folder: '/nowhere', user } as const;
  expect(await judgedWhere(second)).toEqual(['A-ONE on the first', 'A-TWO on the second']);
  expect(await judgedWhere(undefined)).toEqual(['A-ONE on the first', 'A-TWO on the first']);
});
