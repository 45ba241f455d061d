import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { suiteIdentity } from '../harness/checks/suite-identity.ts';
import { checkout } from '../harness/this-machine/paths.ts';
import { commands } from './commands/all-commands.ts';
import { helpText } from './options/command-line.ts';

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

it('rdc list loads no Docker client, SSH, Allure or schema compiler: it answers at once', () => {
  const hook =
    "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { process.stderr.write(`${url}\\n`); return next(url, context); } });";
  const { stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${hook}`, main, 'list'], {
    encoding: 'utf8',
  });
  expect(stderr).toContain('cli/commands/list.ts');
  expect(stderr).not.toMatch(/node_modules\/(testcontainers|ssh2|allure|ajv)/);
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

/** `rdc`, its output as text. */
function rdc(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

it('every command has help on 80 columns, and the overview names it', async () => {
  const overview = rdc('--help');
  expect(overview).toMatchObject({ code: 0, stderr: '' });
  const folder = join(checkout, 'cli/commands');
  const names = readdirSync(folder).flatMap((file) => /^([a-z]+)\.ts$/.exec(file)?.[1] ?? []);
  expect([...commands.keys()].sort()).toEqual(names.sort());
  expect(names).toHaveLength(17);
  const helps: string[] = [];
  for (const [name, { load }] of commands) {
    const help = helpText((await load()).command.declared);
    expect(overview.stdout).toMatch(new RegExp(`^  ${name} {2,}[a-z]`, 'm'));
    expect(help).toContain(`Usage: ./rdc ${name} [options]`);
    helps.push(help);
  }
  expect(
    [overview.stdout, ...helps]
      .join('\n')
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([]);
});

it.each([
  [[], 2],
  [['help'], 0],
  [['help', 'list'], 0],
  [['list', '-h', '--colour'], 0],
])('%j shows help and ends with %i', (words, code) => {
  expect(rdc(...words)).toEqual({ code, stdout: expect.stringMatching(/^Usage: \.\/rdc/), stderr: '' });
});

it.each([
  ['lst', "unknown command 'lst'; did you mean 'list'?"],
  ['constructor', "unknown command 'constructor'"],
  ['--versio', "unknown option '--versio'; did you mean '--version'?"],
])('%s is refused, with what is like it', (word, message) => {
  expect(rdc(word)).toEqual({ code: 2, stdout: '', stderr: `[USAGE] ${message}\nhint: ./rdc --help\n` });
});

it("what comes after -- is the command's, --help too", () => {
  expect(rdc('ssh', 'no-such-machine', '--', 'ls', '--help').stderr).toContain('[UNKNOWN_TARGET]');
});
