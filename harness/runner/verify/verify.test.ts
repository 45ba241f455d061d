import { describe, expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import { Evidence } from './evidence.ts';
import { type InjectAtStage, type ModeContext, verifyOnce } from './verify.ts';

async function outcomeOf(verify: DeclaredCheck['verify'], inject?: InjectAtStage): Promise<unknown> {
  const mode = { evidence: new Evidence(), target: {}, host: {} } as ModeContext;
  try {
    await verifyOnce({ id: 'A-B', verify } as DeclaredCheck, mode, inject);
    return 'held';
  } catch (error) {
    return error;
  }
}

it('takes back in the opposite order, each one, whatever the others do', async () => {
  const log: string[] = [];
  const outcome = await outcomeOf(async ({ defer }) => {
    defer(async () => log.push('first'));
    defer(() => Promise.reject(new Error('stuck')));
    defer(() => {
      throw new Error('stuck at once');
    });
    defer(async () => log.push('last'));
  });
  expect(log).toEqual(['last', 'first']);
  expect(outcome).toMatchObject({ code: 'COMMAND', cause: new Error('stuck at once') });
  expect(verdictOf(outcome)).toBe('error');
});

it('takes back when the claim does not hold, and the failure stays the failure', async () => {
  const log: string[] = [];
  const outcome = await outcomeOf(async ({ defer }) => {
    defer(async () => log.push('undone'));
    expect(1, 'the claim').toBe(2);
  });
  expect(log).toEqual(['undone']);
  expect(verdictOf(outcome)).toBe('fail');
});

it('a failed undo is an error when the claim held, also when it is an assertion', async () => {
  const outcome = await outcomeOf(async ({ defer }) => {
    defer(async () => expect(1).toBe(2));
  });
  expect(verdictOf(outcome)).toBe('error');
});

it('a failed undo is an error when the claim did not hold: the next check judges a machine that nobody meant', async () => {
  const outcome = await outcomeOf(async ({ defer }) => {
    defer(() => Promise.reject(new Error('stuck')));
    expect(1, 'the claim').toBe(2);
  });
  expect(verdictOf(outcome)).toBe('error');
  expect(String(outcome)).toContain('could not undo its changes');
});

describe('where the daemon does not come back', () => {
  const down = () => Promise.reject(new RdcError('DAEMON_DOWN', 'it did not come back'));

  it('a claim that does not hold is the finding, and what is left is in the evidence', async () => {
    const notes: string[] = [];
    const evidence = { note: (text: string) => void notes.push(text) };
    const verify: DeclaredCheck['verify'] = async ({ defer }) => {
      defer(down);
      expect(1, 'the claim').toBe(2);
    };
    const mode = { evidence, target: {}, host: {} } as unknown as ModeContext;
    const outcome = await verifyOnce({ id: 'A-B', verify } as DeclaredCheck, mode).catch((error) => error);
    expect(verdictOf(outcome)).toBe('fail');
    expect(notes.join()).toContain('the daemon did not come back');
  });

  it('a claim that held, one that could not be looked at, and another undo that fails are errors', async () => {
    const stuck = () => Promise.reject(new Error('stuck'));
    for (const ending of [async () => {}, stuck]) {
      const outcome = await outcomeOf(async ({ defer }) => {
        defer(down);
        await ending();
      });
      expect(outcome).toMatchObject({ code: 'COMMAND' });
    }
    const both = await outcomeOf(async ({ defer }) => {
      defer(down);
      defer(stuck);
      expect(1, 'the claim').toBe(2);
    });
    expect(both).toMatchObject({ code: 'COMMAND', message: expect.stringContaining('the claim') });
  });
});

describe('where there is no way to be root', () => {
  const noRoot = () => Promise.reject(new RdcError('ROOT', 'no way to be root'));

  it('what cannot be taken back without it is said, when the claim held or could not be looked at', async () => {
    for (const ending of [async () => {}, noRoot]) {
      const outcome = await outcomeOf(async ({ defer }) => {
        defer(noRoot);
        await ending();
      });
      expect(outcome).toMatchObject({ code: 'ROOT', message: expect.stringContaining('some are left') });
    }
  });

  it('a claim that does not hold, and another undo that fails, are not passed over for it', async () => {
    const red = await outcomeOf(async ({ defer }) => {
      defer(noRoot);
      expect(1, 'the claim').toBe(2);
    });
    const stuck = await outcomeOf(async ({ defer }) => {
      defer(noRoot);
      defer(() => Promise.reject(new Error('stuck')));
    });
    expect([red, stuck]).toMatchObject([
      { code: 'COMMAND', message: expect.stringContaining('the claim') },
      { code: 'COMMAND' },
    ]);
  });
});

it('a falsy thing that is thrown is a failure too', async () => {
  expect(await outcomeOf(() => Promise.reject(undefined))).toBeUndefined();
});

it('hands stages to the fault, and takes the fault back in its turn among what was deferred', async () => {
  const log: string[] = [];
  const later = (what: string) => async () => void log.push(what);
  await outcomeOf(
    async ({ stage, defer }) => {
      defer(later('deferred before'));
      await stage('applied');
      defer(later('deferred after'));
    },
    async (name) => {
      log.push(name);
      return later('fault taken back');
    },
  );
  expect(log).toEqual(['applied', 'deferred after', 'fault taken back', 'deferred before']);
});

it('a check is told who is judged beside it, and of nobody where that was not said', async () => {
  const told: boolean[] = [];
  const verify: DeclaredCheck['verify'] = async ({ alsoJudged }) =>
    void told.push(alsoJudged('A-C'), alsoJudged('A-D'));
  const mode = { evidence: new Evidence(), target: {}, host: {} } as ModeContext;
  await verifyOnce({ id: 'A-B', verify } as DeclaredCheck, { ...mode, alsoJudged: new Set(['A-C']) });
  await verifyOnce({ id: 'A-B', verify } as DeclaredCheck, mode);
  expect(told).toEqual([true, false, false, false]);
});
