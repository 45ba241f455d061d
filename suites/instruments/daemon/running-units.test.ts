import { expect, test as it } from 'vitest';
import type { Target } from '../../../harness/checks/index.ts';
import { runningUnits, startAgain, stoppedUnits } from './running-units.ts';

const block = (id: string, load: string, active: string, canStart = 'yes') =>
  `CanStart=${canStart}\nId=${id}\nLoadState=${load}\nActiveState=${active}\n`;

const shown = [
  block('docker.service', 'loaded', 'inactive'),
  block('dbus.socket', 'loaded', 'active'),
  block('run-u7.service', 'not-found', 'inactive'),
  block('session.service', 'loaded', 'inactive', 'no'),
  block('backup.timer', 'loaded', 'inactive'),
].join('\n');

it('what was stopped, is still there and can be started by hand', () => {
  expect(stoppedUnits(shown)).toEqual(['docker.service', 'backup.timer']);
});

/** A user manager by what it says; `scripts` are those that were run. */
function managerThat(answers: readonly string[]) {
  const [scripts, notes]: [string[], string[]] = [[], []];
  const left = [...answers];
  const answer = async (command: string | readonly string[]) => {
    scripts.push(typeof command === 'string' ? command : command.join(' '));
    return { code: 0, stdout: left.shift() ?? '', stderr: '', truncated: false, durationMs: 1 };
  };
  const target = { exec: answer, shell: answer, note: (text: string) => notes.push(text) } as unknown as Target;
  return { target, scripts, notes };
}

it('lists them by name', async () => {
  const { target } = managerThat([
    'dbus.socket loaded active running D-Bus\ndocker.service loaded active running Docker\n',
  ]);
  expect(await runningUnits(target)).toEqual(['dbus.socket', 'docker.service']);
});

it('starts only those, enables none, and notes one that does not start', async () => {
  const { target, scripts, notes } = managerThat([shown, 'backup.timer\n']);
  await startAgain(target, ['docker.service', 'dbus.socket', 'backup.timer']);
  expect(scripts.at(-1)).toMatch(/^for u in docker\.service backup\.timer; do timeout 30 systemctl --user start/);
  expect(scripts.join('\n')).not.toContain('enable');
  expect(notes.join('\n')).toContain('backup.timer');
});

it('starts nothing where all came by itself', async () => {
  const { target, scripts } = managerThat([block('docker.service', 'loaded', 'active')]);
  await startAgain(target, ['docker.service']);
  expect(scripts).toHaveLength(1);
});
