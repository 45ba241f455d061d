import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test as it, vi } from 'vitest';
import { RdcError } from '../../harness/messages/errors.ts';
import { judgeTarget } from '../../harness/runner/judge/judge-target.ts';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import { openTarget } from '../targets/open-target.ts';
import type { TargetName } from '../targets/target-names.ts';
import { eachOf, type RunJob, runTarget } from './run-target.ts';

vi.mock('../targets/open-target.ts');
vi.mock('../../harness/runner/judge/judge-target.ts');

const folder = mkdtempSync(join(tmpdir(), 'rdc-targets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const targets = ['one', 'two', 'three'].map((name): TargetName => ({ kind: 'local', name }) as TargetName);
let events: string[];

const told: RunListener = {
  targetEnded: ({ name }, { broken }) => void events.push(`${name} ended: ${broken}`),
};

/** What becomes of three targets, two at a time, when judging each does this. */
async function judged(judge: (name: string) => Promise<string | undefined>, listener: RunListener = {}) {
  vi.mocked(judgeTarget).mockImplementation((job) => judge(job.context.name));
  const job = {
    run: { id: 'r', folder },
    options: {},
    mode: 'conformance',
    checks: [],
    listeners: [{ ...told, ...listener }],
    reports: { targetReporters: () => [] },
    signal: new AbortController().signal,
  } as unknown as RunJob;
  return await eachOf(targets, 2, (target) => runTarget(job, target));
}

beforeEach(() => {
  events = [];
  vi.mocked(openTarget).mockImplementation(async ({ name }) => ({
    connection: {} as never,
    infraRetries: 0,
    [Symbol.asyncDispose]: async () => void events.push(`${name} off`),
  }));
});

it('what nobody expected in one target is told of that one; it is powered off, and the others are judged', async () => {
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  const failures = await judged(async (name) => {
    if (name === 'one') {
      resolve();
      throw new TypeError('x is not a function');
    }
    await failed;
    return undefined;
  });
  expect(failures).toEqual([]);
  expect(events.toSorted()).toEqual([
    expect.stringMatching(/^one ended: TypeError: x is not a function\n\s+at /),
    'one off',
    'three ended: undefined',
    'three off',
    'two ended: undefined',
    'two off',
  ]);
});

it('what went wrong is told together with the power-off that went wrong after it', async () => {
  vi.mocked(openTarget).mockImplementation(async () => ({
    connection: {} as never,
    infraRetries: 0,
    [Symbol.asyncDispose]: async () => {
      throw new RdcError('MACHINE', 'it does not power off');
    },
  }));
  await judged(async () => {
    throw new RdcError('FACTS', 'no facts');
  });
  expect(events[0]).toBe('one ended: [FACTS] no facts\n[MACHINE] it does not power off');
});

it('a report that fails at the end of one target is thrown when the others are done', async () => {
  const listener: RunListener = {
    targetEnded({ name }) {
      if (name === 'one') throw new Error('no room');
      events.push(`${name} ended`);
    },
  };
  const failures = await judged(async () => undefined, listener);
  expect(failures).toEqual([new Error('no room')]);
  expect(events).toEqual(expect.arrayContaining(['one off', 'two ended', 'three ended']));
});
