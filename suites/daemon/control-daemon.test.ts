import { expect, test as it } from 'vitest';
import { RdcError, type Target } from '../../harness/index.ts';
import { verdictOf } from '../../harness/verdict.ts';
import { expectBack, restartDaemon } from './control-daemon.ts';

const answered = { code: 0, stdout: '', stderr: '', durationMs: 1, truncated: false };
const lost = () => Promise.reject(new RdcError('LOST', 'the connection broke off'));

/** A target whose manager says that the restart failed. */
const targetWith = (changes: Partial<Target> = {}) =>
  ({
    name: 'a-host',
    facts: { host: { init: 'systemd' } },
    invalidate: async () => {},
    exec: async () => answered,
    shell: async () => ({ ...answered, code: 1, stderr: 'Job for docker.service failed.' }),
    ...changes,
  }) as unknown as Target;

const failureOf = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);

it('a restart that fails is a daemon that did not come back, with the reason', async () => {
  const failure = await failureOf(restartDaemon(targetWith()));
  expect(failure).toMatchObject({ code: 'DAEMON_DOWN', cause: { code: 'COMMAND' } });
  expect(verdictOf(failure)).toBe('error');
});

it('a connection that is gone is that, and says nothing of the daemon', async () => {
  expect(await failureOf(restartDaemon(targetWith({ exec: lost })))).toMatchObject({ code: 'LOST' });
  expect(await failureOf(restartDaemon(targetWith({ shell: lost })))).toMatchObject({ code: 'LOST' });
});

it('where to come back is the claim, a daemon that does not makes it fail, and anything else does not', async () => {
  const silent = new RdcError('DAEMON_DOWN', 'down', { cause: new Error('it did not answer within 120000 ms') });
  const failure = await failureOf(expectBack(targetWith(), Promise.reject(silent)));
  expect(verdictOf(failure)).toBe('fail');
  expect(String(failure)).toContain('did not answer');
  expect(await failureOf(expectBack(targetWith(), lost()))).toMatchObject({ code: 'LOST' });
  expect(await failureOf(expectBack(targetWith(), Promise.resolve()))).toBeNull();
});
