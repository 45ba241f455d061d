import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseHostFacts } from '../../../harness/target-host/facts/host-facts.ts';
import { canRestart, daemonControl } from './service.ts';
import { shellSetting } from './unit-drop-in.ts';

const host = parseHostFacts(
  readFileSync(join(import.meta.dirname, '../../../harness/target-host/facts/fixtures/debian-13-facts.txt'), 'utf8'),
);
const daemonScript = "/home/o'neill/.config/rdc/daemon";

it('with systemd it is the user unit, whatever else is there', () => {
  for (const one of [host, { ...host, daemonScript }]) {
    expect(canRestart({ host: one })).toBe(true);
    expect(daemonControl(one).restart).toMatch(/systemctl --user restart docker$/);
  }
});

it("without, it is the user's own program, which stops what runs before it starts another", () => {
  const alone = { ...host, init: 'init', daemonScript };
  expect(canRestart({ host: alone })).toBe(true);
  const path = "'/home/o'\\''neill/.config/rdc/daemon'";
  expect(daemonControl(alone)).toEqual({
    start: `${path} start`,
    stop: `${path} stop`,
    restart: `${path} stop; ${path} start`,
    state: `${path} status`,
  });
});

it('where neither is there, that is a reason and no way', () => {
  const alone = { ...host, init: 'openrc-init', daemonScript: null };
  expect(canRestart({ host: alone })).toBe(
    'PID 1 is openrc-init, not systemd, and no ~/.config/rdc/daemon says how the daemon is restarted here',
  );
  expect(() => daemonControl(alone)).toThrow('what starts and stops the daemon');
});

it.each([
  ['Environment=XDG_CONFIG_HOME=/tmp/x', 'export XDG_CONFIG_HOME=/tmp/x'],
  ['Environment="FLAGS=--a=b --c"', "export FLAGS='--a=b --c'"],
  ['LimitNOFILE=1024:4096', 'ulimit -Sn 1024 && ulimit -Hn 4096'],
  ['LimitNPROC=700', 'ulimit -Su 700 && ulimit -Hu 700'],
])('the setting %s of a unit, in the words of a shell', (setting, words) => {
  expect(shellSetting(setting)).toBe(words);
});

it('a setting that only a unit can have is an error, and not left out', () => {
  expect(() => shellSetting('KillMode=process')).toThrow('nobody but systemd knows the setting KillMode=process');
});
