import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { suiteIdentity } from '../harness/checks/suite-identity.ts';
import { checkout } from '../harness/this-machine/paths.ts';

const main = join(checkout, 'cli/main.ts');

/** `rdc`, its stdout in a file. */
function rdcTo(file: string, ...words: string[]): { code: number | null; stderr: string } {
  const output = openSync(file, 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
      stdio: ['ignore', output, 'pipe'],
      encoding: 'utf8',
    });
    return { code: status, stderr };
  } finally {
    closeSync(output);
  }
}

it('an output that got lost is no good end', { timeout: 120_000 }, () => {
  expect(rdcTo('/dev/full', 'list', '--json')).toEqual({
    code: 3,
    stderr: expect.stringMatching(/^\[REPORT\] cannot write the standard output: ENOSPC: [\w ]+\nhint: .+\n$/),
  });
  expect(rdcTo('/dev/null', 'list', '--json')).toEqual({ code: 0, stderr: '' });
});

it('a reader that has read enough loses nothing', { timeout: 120_000 }, () => {
  const script = '{ "$0" --disable-warning=ExperimentalWarning "$1" list --json; echo "$?" >&2; } | true';
  const { stderr } = spawnSync('sh', ['-c', script, process.execPath, main], { encoding: 'utf8' });
  expect(stderr).toBe('0\n');
});

it('--version tells the digest that results.json tells', () => {
  const { stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
  const { version, digest } = suiteIdentity();
  expect(stdout).toBe(`rdc ${version}, suite ${digest}\n`);
});

it('the launcher starts where no cache can be, and says so where the current folder is gone', {
  timeout: 60_000,
}, () => {
  const launcher = join(checkout, 'rdc');
  const env = { ...process.env, HOME: '/proc', XDG_CACHE_HOME: '' };
  const nowhere = spawnSync(launcher, ['list'], { env, encoding: 'utf8', timeout: 50_000 });
  expect([nowhere.status, nowhere.stderr]).toEqual([0, '']);
  const script = 'gone=$(mktemp -d); cd "$gone"; rmdir "$gone"; exec "$0" compare A B';
  const gone = spawnSync('sh', ['-c', script, launcher], { encoding: 'utf8', timeout: 50_000 });
  expect(gone.status).toBe(2);
  expect(gone.stderr).toContain('rdc: the current folder is gone: it was removed\nhint: cd\n');
});
