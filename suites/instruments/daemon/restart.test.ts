import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { RdcError, type RestartableTarget } from '../../../harness/checks/index.ts';
import { verdictOf } from '../../../harness/verdicts/verdict.ts';
import { expectBack, restartDaemon, restartUserManager, restartUserManagerScript } from './restart.ts';

const answered = { code: 0, stdout: '', stderr: '', durationMs: 1, truncated: false };
const lost = () => Promise.reject(new RdcError('LOST', 'the connection broke off'));

/** A target whose manager says that the restart failed. */
const targetWith = (changes: Partial<RestartableTarget> = {}) =>
  ({
    name: 'a-host',
    facts: { host: { init: 'systemd' } },
    invalidate: async () => {},
    exec: async () => answered,
    shell: async () => ({ ...answered, code: 1, stderr: 'Job for docker.service failed.' }),
    ...changes,
  }) as unknown as RestartableTarget;

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

/** What the script asks of systemd, and how it ends, where a restart ends with that status of the manager's process. */
function restartedWith(status: number): { readonly asked: string[]; readonly code: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-systemctl-'));
  const log = join(folder, 'log');
  const systemctl = `#!/bin/sh
echo "$1" >> '${log}'
case $1 in restart) [ ${status} = 0 ] ;; show) echo ExecMainStatus=${status} ;; esac`;
  writeFileSync(join(folder, 'systemctl'), systemctl, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const { status: code } = spawnSync('sh', ['-ec', restartUserManagerScript(99_999)], { env });
  return { asked: readFileSync(log, 'utf8').trim().split('\n'), code };
}

it('a user manager that met the cgroup of the old one is started again; one that failed otherwise is not', () => {
  expect(restartedWith(0)).toEqual({ asked: ['daemon-reload', 'restart'], code: 0 });
  expect(restartedWith(219)).toEqual({ asked: ['daemon-reload', 'restart', 'show', 'start'], code: 0 });
  expect(restartedWith(1)).toEqual({ asked: ['daemon-reload', 'restart', 'show'], code: 1 });
});

it('what ran before a restart of the user manager is started again, enabled or not', async () => {
  const did: string[] = [];
  const dockerSocket = join(mkdtempSync(join(tmpdir(), 'rdc-socket-')), 's');
  await using _server = createServer((_, response) => response.end('OK')).listen(dockerSocket);
  const say = (line: string, stdout = '') => {
    did.push(line);
    return Promise.resolve({ ...answered, stdout });
  };
  const target = targetWith({
    dockerSocket,
    root: { shell: () => say('restart of the manager') } as unknown as RestartableTarget['root'],
    exec: ([, , word]) => say(String(word), 'Id=mine.service\nLoadState=loaded\nActiveState=inactive\nCanStart=yes\n'),
    shell: (script) => {
      if (script.includes('list-units')) return say('list', 'mine.service loaded active running My own\n');
      return say(script.includes('start docker') ? 'start docker' : 'start mine.service');
    },
  });
  await restartUserManager(target, { user: { uid: 1001 } } as RestartableTarget['facts']['host']);
  expect(did).toEqual(['list', 'restart of the manager', 'start docker', 'show', 'start mine.service']);
});
