import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test as it } from 'vitest';
import { checkout } from './paths.ts';

// As an ordinary user, with a sudo that asks as the real one does: on /dev/tty, not on its standard input.

const id = 64_999;
const canTry =
  process.getuid?.() === 0 &&
  existsSync('/usr/bin/script') &&
  spawnSync('unshare', ['--mount', 'mount', '--bind', checkout, '/mnt']).status === 0;
const node = process.execPath.startsWith(checkout) ? process.execPath.replace(checkout, '/mnt') : process.execPath;

let folder: string;
const file = (name: string) => join(folder, name);

function command(name: string, script: string): void {
  writeFileSync(file(`bin/${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(file(`bin/${name}`), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync('/var/tmp/rdc-root-');
  chmodSync(folder, 0o755);
  mkdirSync(file('bin'));
  mkdirSync(file('home'));
  chownSync(file('home'), id, id);
  command(
    'sudo',
    `[ "$1" != -n ] || exit 1
printf 'password: ' >/dev/tty
read -r answer </dev/tty
echo "asked, $answer" >>"$HOME/calls"
exec "$@"`,
  );
});

afterEach(() => rmSync(folder, { recursive: true }));

const call = `
import { runAsRoot } from '/mnt/harness/this-machine/as-root.ts';
import { renderError } from '/mnt/harness/messages/errors.ts';
const steps = [
  { what: 'install the packages a b', code: 'HOST_SETUP', commands: [['sh', '-c', 'echo first >>"$HOME/calls"'], ['true', "it's"]] },
  { what: 'build a box', code: 'BOX', commands: [['sh', '-c', 'echo second >>"$HOME/calls"; [ ! -e "$HOME/fail" ] || { echo no room; exit 5; }']] },
];
const say = (text) => console.log(text);
await runAsRoot(steps, { log: 'x', onStage: say }).catch((error) => say(renderError(error)));`;

/** With a terminal, and `input` typed on it, or without. */
function runAs(isTerminal: boolean, input = ''): string {
  writeFileSync(file('call.mjs'), call);
  const user = `setpriv --reuid ${id} --regid ${id} --clear-groups env HOME=${file('home')} PATH=${file('bin')}:/usr/bin:/bin`;
  const argv = `${user} ${node} ${file('call.mjs')}`;
  const script = `unset XDG_CACHE_HOME; mount --bind ${checkout} /mnt; ${isTerminal ? `script -qec '${argv}' /dev/null` : `setsid ${argv}`}`;
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8', input });
  return (stdout + stderr).replaceAll('\r', '');
}
const calls = () => readFileSync(file('home/calls'), 'utf8').trim().split('\n');

it.runIf(canTry)('what needs root is listed, then sudo asks once, on the terminal', () => {
  const said = runAs(true, 'secret\n');
  expect(said).toMatch(
    /needs root, with one question by sudo at most:\n {2}install the packages a b\n {2}build a box\n.*password: /s,
  );
  expect(calls()).toEqual(['asked, secret', 'first', 'second']);
});

it.runIf(canTry)('a step that fails is named, with its own code and what it said last', () => {
  writeFileSync(file('home/fail'), '');
  expect(runAs(true, 'secret\n')).toMatch(/^\[BOX\] build a box: exit code 5\n {2}no room\n\(its whole output: /m);
});

it.runIf(canTry)('without a terminal, or without sudo, all commands are in one message', () => {
  const lines = String.raw`sh -c '.*' && (sudo )?true 'it'\\''s' && (sudo )?sh -c '.*'`;
  const steps = 'install the packages a b; build a box';
  const noTerminal = runAs(false);
  expect(noTerminal).toContain(
    `[HOST_SETUP] root is needed, and sudo has no terminal to ask for a password: ${steps}\n`,
  );
  expect(noTerminal).toMatch(new RegExp(`^hint: sudo ${lines}$`, 'm'));
  // the folder has another one of that name only if this machine has
  spawnSync('rm', [file('bin/sudo')]);
  if (existsSync('/usr/bin/sudo')) return;
  const noSudo = runAs(true);
  expect(noSudo).toContain(`[HOST_SETUP] root is needed, and sudo is not installed: ${steps}\n`);
  expect(noSudo).toMatch(new RegExp(`^hint: as root: ${lines}$`, 'm'));
});
