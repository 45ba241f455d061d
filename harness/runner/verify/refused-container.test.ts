import { expect, test as it, vi } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { failureOf } from '../../checks/expect.ts';
import { expectDocumented } from '../../checks/limitation.ts';
import { RdcError } from '../../messages/errors.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import { refusalOf } from '../../target-host/docker/container.ts';
import { ContainerRefused } from '../../target-host/docker/container-refused.ts';
import type { HostFacts } from '../../target-host/facts/host-facts.ts';
import { type Level, verdictOf } from '../../verdicts/verdict.ts';
import { Evidence } from './evidence.ts';
import { Blocked } from './preconditions.ts';
import { verifyOnce } from './verify.ts';

vi.mock('../../target-host/docker/container.ts');

const words = 'OCI runtime create failed: creating device nodes caused: /dev/kmsg: no such file or directory';
const evidence = new Evidence();
const target = { note: evidence.note, facts: { host: { hidepid: 'invisible' } } } as unknown as RestartableTarget;

/** What verifyOnce throws of a check whose container is refused so, on a daemon that says this of a plain one. */
async function thrownOf(level: Level, refused: unknown, plain: string | null, events: string[] = []): Promise<unknown> {
  vi.mocked(refusalOf).mockImplementation(async () => {
    events.push('a plain container');
    return plain;
  });
  const check = {
    id: 'A-ONE',
    level,
    needsDaemon: true,
    async verify({ defer }) {
      defer(async () => void events.push('taken back'));
      throw refused;
    },
  } as Partial<DeclaredCheck> as DeclaredCheck;
  const reading = { evidence, host: {} as HostFacts, target };
  return await verifyOnce(check, reading).catch((error: unknown) => error);
}

const refused = new ContainerRefused(words, 400, new Error('(HTTP code 400)'));

it('a container that alone is refused is a claim that does not hold, in the words of the daemon', async () => {
  const error = await thrownOf('MUST', refused, null);
  expect(verdictOf(error)).toBe('fail');
  expect(String(error)).toContain('the start of a container: unexpected OCI');
  expect(error).toMatchObject({ actual: words });
  expect(failureOf(error).finding).toBeUndefined();
});

it('a limitation that cannot be looked at for it is another one than the documented', async () => {
  const error = await thrownOf('LIMITATION', refused, null);
  expect(verdictOf(error)).toBe('fail');
  expect(failureOf(error).finding).toBe('differs');
  expect(String(error)).toContain('differs: the start of a container');
});

it('where the daemon starts no container at all, each claim is blocked by the check that says so', async () => {
  for (const level of ['MUST', 'LIMITATION'] as const) {
    const error = await thrownOf(level, refused, 'no room for keys');
    expect(error).toBeInstanceOf(Blocked);
    const message = 'the daemon cannot start any container (/proc is mounted with hidepid=invisible): no room for keys';
    expect(error).toMatchObject({ by: 'NS-ONE-USERNS', message });
  }
});

it('a limitation that is refused in other words is blocked where every container is', async () => {
  let differs: unknown;
  try {
    expectDocumented('no room for keys', /permission denied/, 'the start with --domainname');
  } catch (error) {
    differs = error;
  }
  expect(await thrownOf('LIMITATION', differs, 'no room for keys')).toMatchObject({ by: 'NS-ONE-USERNS' });
  const events: string[] = [];
  expect(await thrownOf('LIMITATION', differs, null, events)).toBe(differs);
  expect(events).toContain('a plain container');
});

it('a plain container is tried when all is taken back: the check itself may have kept others from starting', async () => {
  const events: string[] = [];
  await thrownOf('MUST', refused, null, events);
  expect(events).toEqual(['taken back', 'a plain container']);
});

it.each([
  ['no such image', new ContainerRefused('No such image: rdc:1', 404, undefined)],
  ['a container of that name', new ContainerRefused('Conflict. The container name is in use', 409, undefined)],
  [
    'a port that somebody has',
    new ContainerRefused('listen tcp4 0.0.0.0:28082: bind: address already in use', 500, undefined),
  ],
  ['a lost connection', new RdcError('LOST', 'gone')],
])('%s says nothing of the claim', async (_, error) => {
  const events: string[] = [];
  expect(await thrownOf('MUST', error, null, events)).toBe(error);
  expect(verdictOf(error)).toBe('error');
  expect(events).toEqual(['taken back']);
});
