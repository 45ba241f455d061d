import { expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { expect as counted } from '../../checks/expect.ts';
import { asFinding } from '../../checks/limitation.ts';
import { RdcError } from '../../messages/errors.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import { UnknownVersion } from '../../target-host/facts/deferred-versions.ts';
import type { HostFacts } from '../../target-host/facts/host-facts.ts';
import { type Inspection, inspectAll } from './inspection.ts';

const host = { os: { id: 'debian' } } as HostFacts;

function declare(id: string, verify: DeclaredCheck['verify'], changes: Partial<DeclaredCheck> = {}): DeclaredCheck {
  return { id, verify, area: 'a', level: 'MUST', title: id, readOnly: true, ...changes } as DeclaredCheck;
}

async function look(...checks: readonly DeclaredCheck[]): Promise<Record<string, Omit<Inspection, 'evidence'>>> {
  const target = { readOnly: true, dockerSocket: '/nowhere', facts: { host }, exec: async () => ({ code: 0 }) };
  const observedBy = () => target as unknown as RestartableTarget;
  return Object.fromEntries(await inspectAll(checks, { host, observedBy, limitMs: 3000 }));
}

const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

it('each check has the verdict that it earned, whatever runs beside it', async () => {
  const seen = await look(
    declare('A-PASS', async () => {
      await tick();
      counted(1).toBe(1);
    }),
    declare('A-FAIL', async () => {
      await tick();
      counted(1, 'the number').toBe(2);
    }),
    declare('A-MUTE', async () => await tick()),
    declare('A-THROWS', async () => {
      throw new Error('broke');
    }),
    declare('A-LIFTED', async () => asFinding('lifted', () => counted(1, 'lifted: it').toBe(2))),
    declare('A-SKIP', async () => counted(1).toBe(1), { applies: ({ host: { os } }) => `not on ${os.id}` }),
    declare('A-BLOCKED', async () => counted(1).toBe(1), { needsDaemon: true }),
    declare('A-SLOW', async () => await new Promise<void>(() => {})),
  );
  const verdicts = Object.fromEntries(Object.entries(seen).map(([id, { verdict }]) => [id, verdict]));
  expect(verdicts).toEqual({
    'A-PASS': 'pass',
    'A-FAIL': 'fail',
    'A-MUTE': 'error',
    'A-THROWS': 'error',
    'A-LIFTED': 'fail',
    'A-SKIP': 'skip',
    'A-BLOCKED': 'blocked',
    'A-SLOW': 'error',
  });
  expect(seen['A-FAIL']?.reason).toContain('the number: expected 2, found 1');
  expect(seen['A-MUTE']?.reason).toContain('no assertion');
  expect(seen['A-LIFTED']?.finding).toBe('lifted');
  expect(seen['A-BLOCKED']?.blockedBy).toBe('SOCK-PATH');
  expect(seen['A-SLOW']?.reason).toContain('did not end within 3000 ms');
});

it('a check that is wrongly marked is an error, and one that is not marked is not tried', async () => {
  const tried: string[] = [];
  const seen = await look(
    declare('A-DEFER', async ({ defer }) => {
      defer(async () => {});
      counted(1).toBe(1);
    }),
    declare('A-UNMARKED', async () => void tried.push('it'), { readOnly: undefined } as object),
  );
  expect(seen['A-DEFER']).toMatchObject({ verdict: 'error', reason: expect.stringContaining('[READ_ONLY]') });
  expect(seen['A-UNMARKED']).toMatchObject({ verdict: 'error', reason: expect.stringContaining('[READ_ONLY]') });
  expect(tried).toEqual([]);
});

it('what has to be read as root is skipped where nobody is root; a lost connection says so', async () => {
  const rejecting = (code: 'ROOT' | 'LOST') => async () => {
    throw new RdcError(code, 'no way');
  };
  const seen = await look(declare('A-ROOT', rejecting('ROOT')), declare('A-LOST', rejecting('LOST')));
  expect(seen['A-ROOT']).toMatchObject({ verdict: 'skip', reason: 'needs root: [ROOT] no way' });
  expect(seen['A-LOST']).toMatchObject({ verdict: 'error', lost: '[LOST] no way' });
});

it('a check that meets a version which nobody has read is judged again when it is known', async () => {
  let version: string | undefined;
  const versionOf = () => {
    if (version !== undefined) return version;
    throw new UnknownVersion('docker', async () => {
      version = '26.1.5';
    });
  };
  const seen = await look(
    declare('A-APPLIES', async () => counted(1).toBe(1), { applies: () => versionOf() !== '26.1.5' || 'not for 26' }),
    declare('A-VERIFY', async () => counted(versionOf(), 'the version').toBe('26.1.5')),
  );
  expect(seen['A-APPLIES']).toMatchObject({ verdict: 'skip', reason: 'not for 26' });
  expect(seen['A-VERIFY']?.verdict).toBe('pass');
});

it('a version that cannot be learnt is the matter of the checks that ask for it', async () => {
  const unknown = () => {
    throw new UnknownVersion('docker', () => Promise.reject(new RdcError('TRANSPORT', 'no answer')));
  };
  const seen = await look(
    declare('A-ASKS', async () => unknown()),
    declare('A-OTHER', async () => counted(1).toBe(1)),
  );
  expect(seen['A-ASKS']).toMatchObject({ verdict: 'error', reason: '[TRANSPORT] no answer' });
  expect(seen['A-OTHER']?.verdict).toBe('pass');
});
