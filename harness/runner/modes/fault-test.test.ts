import { afterEach, beforeEach, describe, test as it, vi } from 'vitest';
import type { DeclaredCheck, Fault, VerifyContext } from '../../checks/check.ts';
import { expect } from '../../checks/expect.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { Evidence } from '../verify/evidence.ts';
import type { ModeContext } from '../verify/verify.ts';
import { runConformance } from './conformance.ts';
import { type Mutated, runFaultTest } from './fault-test.ts';

/** The machine: a number that the claim is about. Everything that happens to it is written down. */
let machine: { value: number; log: string[] };

beforeEach(() => {
  machine = { value: 1, log: [] };
});

afterEach(() => {
  vi.restoreAllMocks();
});

const setTo =
  (value: number): Fault =>
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
    verify: holds,
    sabotage: { name: 'the value is 2', by: setTo(2), fails: /^the value: expected 2/ },
    ...changes,
  };
}

class Skipped extends Error {}

/** Reads a check with a fake target; returns what it said of itself, and what it threw. */
async function read(
  reading: (check: DeclaredCheck, reading: ModeContext) => Promise<void>,
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
  } as unknown as Target;
  const context = { task: { meta }, skip } as unknown as ModeContext['context'];
  try {
    await reading(check, { context, evidence: new Evidence(), host, target });
    return { meta, thrown: undefined };
  } catch (error) {
    return { meta, thrown: error instanceof Skipped ? 'skipped' : String(error) };
  }
}

it('killed: it holds, fails with its own message, and holds again', async () => {
  const { meta, thrown } = await read(runFaultTest, declare({}));
  expect(thrown).toBeUndefined();
  expect(meta).toMatchObject({
    outcome: 'killed',
    verdict: 'pass',
    reason: expect.stringContaining('the value: expected 2'),
  });
  expect(machine.log).toEqual(['verify', 'fault', 'verify', 'undo', 'invalidate', 'verify']);
  expect(machine.value).toBe(1);
});

it('a fault strikes at its stage, once', async () => {
  const verify = async ({ stage }: VerifyContext) => {
    for (const name of ['prepared', 'applied', 'applied']) {
      machine.log.push(name);
      await stage(name);
    }
    await holds();
  };
  const sabotage = { name: 'late', at: 'applied', by: setTo(2), fails: /^the value/ };
  const { meta } = await read(runFaultTest, declare({ verify, sabotage }));
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

const fails = /^the value/;

describe('no kill', () => {
  it.each<[string, CheckMeta['outcome'], RegExp, Partial<DeclaredCheck>]>([
    ['the check stays green', 'survived', /stays green/, { sabotage: { name: 'none', by: setTo(1), fails } }],
    [
      'it fails for another reason',
      'survived',
      /another reason: the value: expected 2/,
      { sabotage: { name: 'x', by: setTo(2), fails: /^something else/ } },
    ],
    [
      'it does not hold before the fault',
      'error',
      /^already red on this machine: prove it on another \(another value/,
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
      /error is no kill: the value is gone/,
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
      /does not hold again after the undo: fail: the value/,
      {
        sabotage: {
          name: 'for good',
          fails,
          by: async () => {
            machine.value = 2;
            return async () => {};
          },
        },
      },
    ],
    [
      'its stage is never reached',
      'error',
      /never reached the stage "applied"/,
      { sabotage: { name: 'x', at: 'applied', by: setTo(2), fails } },
    ],
  ])('%s', async (_, outcome, reason, changes) => {
    const { meta, thrown } = await read(runFaultTest, declare(changes));
    expect(meta.outcome).toBe(outcome);
    expect(meta.reason).toMatch(reason);
    expect(meta.verdict, 'the verdict').not.toBe('pass');
    expect(thrown).toContain(`A-B ${outcome}`);
  });

  it('its precondition is down: no fault is applied to a machine that is not what it should be', async () => {
    const { meta } = await read(runFaultTest, declare({ needs: ['SOCK-PATH'] }));
    expect(meta.outcome).toBe('error');
    expect(machine.log).not.toContain('fault');
  });

  it('the fault cannot be applied', async () => {
    const by: Fault = async () => {
      throw new RdcError('COMMAND', 'no chmod here');
    };
    const { meta, thrown } = await read(runFaultTest, declare({ sabotage: { name: 'x', by, fails } }));
    expect(meta.outcome).not.toBe('killed');
    expect(meta.verdict).not.toBe('pass');
    expect(thrown).toContain('no chmod here');
  });

  it('the fault cannot be taken back', async () => {
    const by: Fault = async () => {
      machine.value = 2;
      return async () => {
        throw new RdcError('COMMAND', 'the undo broke');
      };
    };
    const { meta, thrown } = await read(runFaultTest, declare({ sabotage: { name: 'x', by, fails } }));
    expect(meta.outcome).not.toBe('killed');
    expect(meta.verdict).not.toBe('pass');
    expect(thrown).toContain('the undo broke');
    expect(machine.log).toContain('invalidate');
  });
});

describe('not tried', () => {
  it('impossible, with its reason', async () => {
    const { meta, thrown } = await read(runFaultTest, declare({ sabotage: { impossible: 'no such fault' } }));
    expect(meta).toEqual({ outcome: 'impossible', verdict: 'skip', reason: 'no such fault' });
    expect(thrown).toBe('skipped');
    expect(machine.log).toEqual([]);
  });

  it('already red by its own message: a finding of the target, which no fault can bring about', async () => {
    const { meta, thrown } = await read(runFaultTest, declare({ verify: async () => expect(2, 'the value').toBe(1) }));
    expect(meta).toMatchObject({ outcome: 'impossible', verdict: 'skip' });
    expect(meta.reason).toMatch(/^already red on this machine: prove it on another \(the value: expected 2/);
    expect(thrown).toBe('skipped');
    expect(machine.log).toEqual([]);
  });

  it('not on such a host, which is no outcome', async () => {
    const { meta } = await read(runFaultTest, declare({ applies: ({ host }) => `not on ${host.os.id}` }));
    expect(meta).toEqual({ verdict: 'skip', reason: 'not on debian' });
  });
});

describe('checks that share a fault', () => {
  it('are each judged by their own message, under one fault', async () => {
    const by = setTo(2);
    const target = { invalidate: async () => {} } as unknown as Target;
    const mutant = (id: string, changes: Partial<DeclaredCheck> = {}): Mutated => ({
      check: declare({ id, sabotage: { name: 'shared', by, fails: /^the value/ }, ...changes }),
      reading: { evidence: new Evidence(), host: {} as Mutated['reading']['host'], target },
    });
    const blind = async () => expect(1).toBe(1);
    const group = [
      mutant('A-KILLED'),
      mutant('A-BLIND', { verify: blind }),
      mutant('A-OTHER', { sabotage: { name: 'shared', by, fails: /^nothing like it/ } }),
      mutant('A-NEVER', { verify: async () => expect(3, 'another value').toBe(4) }),
      mutant('A-RED', { verify: async () => expect(3, 'the value').toBe(4) }),
    ];
    const outcomes: Record<string, unknown> = {};
    for (const { check } of group) {
      outcomes[check.id] = (
        await read((one, reading) => runFaultTest(one, reading, { members: group }), check)
      ).meta.outcome;
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

describe('the conformance reading', () => {
  const verdictOfReading = async (changes: Partial<DeclaredCheck>) =>
    (await read(runConformance, declare(changes))).meta.verdict;

  it('says pass, fail, error and skip of itself', async () => {
    expect(await verdictOfReading({})).toBe('pass');
    expect(await verdictOfReading({ applies: () => true })).toBe('pass');
    expect(await verdictOfReading({ applies: () => 'not here' })).toBe('skip');
    expect(await verdictOfReading({ needs: ['SOCK-PATH'] })).toBe('blocked');
    expect(await verdictOfReading({ verify: async () => expect(1).toBe(2) })).toBe('fail');
    expect(await verdictOfReading({ verify: () => Promise.reject(new Error('x')) })).toBe('error');
    expect(machine.log, 'no fault is applied').not.toContain('fault');
  });
});
