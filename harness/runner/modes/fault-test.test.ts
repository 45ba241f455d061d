import { afterEach, beforeEach, describe, test as it, vi } from 'vitest';
import type { DeclaredCheck, Inject, VerifyContext } from '../../checks/check.ts';
import { expect } from '../../checks/expect.ts';
import { breaks, lifts } from '../../checks/faults.ts';
import { asFinding } from '../../checks/limitation.ts';
import { RdcError } from '../../messages/errors.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { Evidence } from '../verify/evidence.ts';
import type { ModeContext } from '../verify/verify.ts';
import { runConformance } from './conformance.ts';
import { runFaultTest, type Subject } from './fault-test.ts';

/** The machine: a number that the claim is about. Everything that happens to it is written down. */
let machine: { value: number; log: string[] };

beforeEach(() => {
  machine = { value: 1, log: [] };
});

afterEach(() => {
  vi.restoreAllMocks();
});

const setTo =
  (value: number): Inject =>
  async () => {
    machine.log.push('fault');
    const before = machine.value;
    machine.value = value;
    return async () => {
      machine.log.push('undo');
      machine.value = before;
    };
  };

const holds = async () => {
  machine.log.push('verify');
  expect(machine.value, 'the value').toBe(1);
};

function declare(changes: Partial<DeclaredCheck>): DeclaredCheck {
  return {
    id: 'A-B',
    area: 'a',
    level: 'MUST',
    title: 'the value is 1',
    source: { url: '', section: '' },
    remedy: '',
    needsDaemon: false,
    verify: holds,
    fault: breaks('the value', 'the value is 2', setTo(2)),
    ...changes,
  };
}

class Skipped extends Error {}

/** Runs a mode on a check with a fake target; returns what it said of itself, and what it threw. */
async function read(
  run: (check: DeclaredCheck, mode: ModeContext) => Promise<void>,
  check: DeclaredCheck,
): Promise<{ meta: CheckMeta; thrown: string | undefined }> {
  const meta: CheckMeta = {};
  const skip = (note: string) => {
    throw new Skipped(note);
  };
  const host = { os: { id: 'debian' }, socket: '/nowhere/docker.sock' } as ModeContext['host'];
  const target = {
    facts: { host },
    dockerSocket: host.socket,
    exec: async () => ({ code: 0 }),
    invalidate: async () => void machine.log.push('invalidate'),
  } as unknown as RestartableTarget;
  const context = { task: { meta }, skip } as unknown as ModeContext['context'];
  try {
    await run(check, { context, evidence: new Evidence(), host, target });
    return { meta, thrown: undefined };
  } catch (error) {
    return { meta, thrown: error instanceof Skipped ? 'skipped' : String(error) };
  }
}

it('impossible: the host cannot have the fault; nothing is judged or injected', async () => {
  const fault = breaks('the value', 'the value is 2', setTo(2), {
    possible: ({ host }) => host.os.id !== 'debian' || 'not on Debian',
  });
  const { meta, thrown } = await read(runFaultTest, declare({ fault }));
  expect(thrown).toBe('skipped');
  expect(meta).toMatchObject({ outcome: 'impossible', reason: 'not on Debian', verdict: 'skip' });
  expect(machine.log).toEqual([]);
});

it('killed: it holds, fails by the expectation that the fault names, and holds again', async () => {
  const { meta, thrown } = await read(runFaultTest, declare({}));
  expect(thrown).toBeUndefined();
  expect(meta).toMatchObject({
    outcome: 'killed',
    verdict: 'pass',
    reason: expect.stringContaining('the value: expected 1, found 2'),
  });
  expect(machine.log).toEqual(['verify', 'fault', 'verify', 'undo', 'invalidate', 'verify']);
  expect(machine.value).toBe(1);
});

it('a limitation that the fault lifts is killed', async () => {
  const lifting: Partial<DeclaredCheck> = {
    fault: lifts('the value', 'x', setTo(2)),
    verify: async () => asFinding('lifted', () => expect(machine.value, 'lifted: the value').toBe(1)),
  };
  const { meta } = await read(runFaultTest, declare(lifting));
  expect(meta).toMatchObject({
    outcome: 'killed',
    reason: expect.stringMatching(/^lifted: the value: expected 1, found 2/),
  });
});

it('a fault is injected at its stage, once', async () => {
  const verify = async ({ stage }: VerifyContext) => {
    for (const name of ['prepared', 'applied', 'applied']) {
      machine.log.push(name);
      await stage(name);
    }
    await holds();
  };
  const fault = breaks('the value', 'late', setTo(2), { at: 'applied' });
  const { meta } = await read(runFaultTest, declare({ verify, fault }));
  expect(meta.outcome).toBe('killed');
  expect(machine.log.slice(4)).toEqual([
    'prepared',
    'applied',
    'fault',
    'applied',
    'verify',
    'undo',
    'invalidate',
    'prepared',
    'applied',
    'applied',
    'verify',
  ]);
});

describe('no kill', () => {
  it.each<[string, CheckMeta['outcome'], RegExp, Partial<DeclaredCheck>]>([
    ['the check stays green', 'survived', /stays green/, { fault: breaks('the value', 'none', setTo(1)) }],
    [
      'it fails by another expectation, whatever its message says',
      'survived',
      /another reason: the value: expected 1, found 2/,
      { fault: breaks('found 2', 'x', setTo(2)) },
    ],
    [
      'it fails by an expectation without a label',
      'survived',
      /another reason: expected 2/,
      { verify: async () => expect(machine.value).toBe(1) },
    ],
    [
      'a limitation differs, and is not lifted',
      'survived',
      /another reason: differs: the value/,
      {
        fault: lifts('the value', 'x', setTo(2)),
        verify: async () => asFinding('differs', () => expect(machine.value, 'differs: the value').toBe(1)),
      },
    ],
    [
      'it does not hold before the fault',
      'error',
      /^already red on this machine; try the fault on another \(another value/,
      { verify: async () => expect(2, 'another value').toBe(1) },
    ],
    [
      'it cannot be judged before the fault',
      'error',
      /before the fault: error: \[TRANSPORT\] lost/,
      {
        verify: async () => {
          throw new RdcError('TRANSPORT', 'lost');
        },
      },
    ],
    [
      'an error under the fault, with the words that were waited for',
      'error',
      /ended as error instead of fail: the value is gone/,
      {
        verify: async () => {
          if (machine.value === 2) throw new Error('the value is gone');
          await holds();
        },
      },
    ],
    [
      'the undo does not bring it back',
      'error',
      /is not green again after the undo: fail: the value/,
      {
        fault: breaks('the value', 'for good', async () => {
          machine.value = 2;
          return async () => {};
        }),
      },
    ],
    [
      'its stage is never reached',
      'error',
      /never reached the stage "applied"/,
      { fault: breaks('the value', 'x', setTo(2), { at: 'applied' }) },
    ],
  ])('%s', async (_, outcome, reason, changes) => {
    const { meta, thrown } = await read(runFaultTest, declare(changes));
    expect(meta.outcome).toBe(outcome);
    expect(meta.reason).toMatch(reason);
    expect(meta.verdict, 'the verdict').not.toBe('pass');
    expect(thrown).toContain(`A-B ${outcome}`);
  });

  it('its precondition is down: no fault is applied to a machine that is not what it should be', async () => {
    const { meta } = await read(runFaultTest, declare({ needsDaemon: true }));
    expect(meta.outcome).toBe('error');
    expect(machine.log).not.toContain('fault');
  });

  it('the fault cannot be applied', async () => {
    const inject: Inject = async () => {
      throw new RdcError('COMMAND', 'no chmod here');
    };
    const { meta, thrown } = await read(runFaultTest, declare({ fault: breaks('the value', 'x', inject) }));
    expect(meta.outcome).not.toBe('killed');
    expect(meta.verdict).not.toBe('pass');
    expect(thrown).toContain('no chmod here');
  });

  it('the fault cannot be taken back', async () => {
    const inject: Inject = async () => {
      machine.value = 2;
      return async () => {
        throw new RdcError('COMMAND', 'the undo broke');
      };
    };
    const { meta, thrown } = await read(runFaultTest, declare({ fault: breaks('the value', 'x', inject) }));
    expect(meta.outcome).not.toBe('killed');
    expect(meta.verdict).not.toBe('pass');
    expect(thrown).toContain('the undo broke');
    expect(machine.log).toContain('invalidate');
  });
});

describe('not tried', () => {
  it('already red by the expectation that the fault names: a finding of the target, which no fault can bring about', async () => {
    const { meta, thrown } = await read(runFaultTest, declare({ verify: async () => expect(2, 'the value').toBe(1) }));
    expect(meta).toMatchObject({ outcome: 'impossible', verdict: 'skip' });
    expect(meta.reason).toMatch(
      /^already red on this machine; try the fault on another \(the value: expected 1, found 2/,
    );
    expect(thrown).toBe('skipped');
    expect(machine.log).toEqual([]);
  });

  it('not on such a host, which is no outcome', async () => {
    const { meta } = await read(runFaultTest, declare({ applies: ({ host }) => `not on ${host.os.id}` }));
    expect(meta).toEqual({ verdict: 'skip', reason: 'not on debian' });
  });
});

describe('checks that share a fault', () => {
  it('are each judged by their own label, under one fault', async () => {
    const inject = setTo(2);
    const target = { invalidate: async () => {} } as unknown as RestartableTarget;
    const subject = (id: string, changes: Partial<DeclaredCheck> = {}): Subject => ({
      check: declare({ id, fault: breaks('the value', 'shared', inject), ...changes }),
      mode: { evidence: new Evidence(), host: {} as Subject['mode']['host'], target },
    });
    const blind = async () => expect(1).toBe(1);
    const group = [
      subject('A-KILLED'),
      subject('A-BLIND', { verify: blind }),
      subject('A-OTHER', { fault: breaks('nothing like it', 'shared', inject) }),
      subject('A-NEVER', { verify: async () => expect(3, 'another value').toBe(4) }),
      subject('A-RED', { verify: async () => expect(3, 'the value').toBe(4) }),
    ];
    const outcomes: Record<string, unknown> = {};
    for (const { check } of group) {
      outcomes[check.id] = (await read((one, mode) => runFaultTest(one, mode, { members: group }), check)).meta.outcome;
    }
    expect(outcomes).toEqual({
      'A-KILLED': 'killed',
      'A-BLIND': 'survived',
      'A-OTHER': 'survived',
      'A-NEVER': 'error',
      'A-RED': 'impossible',
    });
    expect(machine.log.filter((entry) => entry === 'fault')).toHaveLength(1);
  });
});

describe('conformance', () => {
  const verdictOf = async (changes: Partial<DeclaredCheck>) =>
    (await read(runConformance, declare(changes))).meta.verdict;

  it('says pass, fail, error and skip of itself', async () => {
    expect(await verdictOf({})).toBe('pass');
    expect(await verdictOf({ applies: () => true })).toBe('pass');
    expect(await verdictOf({ applies: () => 'not here' })).toBe('skip');
    expect(await verdictOf({ needsDaemon: true })).toBe('blocked');
    expect(await verdictOf({ verify: async () => expect(1).toBe(2) })).toBe('fail');
    expect(await verdictOf({ verify: () => Promise.reject(new Error('x')) })).toBe('error');
    expect(machine.log, 'no fault is applied').not.toContain('fault');
  });
});
