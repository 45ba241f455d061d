import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { destroyMachine, downAll, machineState, powerOff } from '../machine/take-down.ts';
import { domainState, hasSnapshot, removeVolume, reserveAddress, revertToSnapshot, saveSnapshot } from './domain.ts';

// libvirt is played by a script; what it says on stderr is what virsh 9.0 said of a libvirtd of its own

let folder: string;

function libvirt(script: string): void {
  writeFileSync(join(folder, 'virsh'), `#!/bin/sh\nshift 3\necho "$@" >> ${folder}/log\n${script}`);
}
const calls = () => readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');

beforeEach(() => {
  vi.unstubAllEnvs();
  folder = mkdtempSync(join(tmpdir(), 'rdc-domain-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('RDC_LAB', 'system');
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  libvirt('');
  chmodSync(join(folder, 'virsh'), 0o755);
});

const silent = `echo "error: failed to connect to the hypervisor
error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory" >&2; exit 1`;
const noAnswer = '[LAB] libvirt does not answer: error: failed to connect to the hypervisor';

it('a libvirt that does not answer is not one with nothing in it', async () => {
  libvirt(silent);
  await expect(downAll()).rejects.toThrow(noAnswer);
  await expect(domainState('one')).rejects.toThrow(noAnswer);
  await expect(hasSnapshot('one')).rejects.toThrow(noAnswer);
  await expect(revertToSnapshot('one')).rejects.toThrow(noAnswer);
  await expect(destroyMachine('one')).rejects.toThrow(noAnswer);
  expect((await machineState()).map(({ state }) => state)).toContain('unknown');
});

it('what is not there is absent, in the words of each kind', async () => {
  libvirt(`case $1 in
  domstate) echo "error: failed to get domain '$2'" >&2 ;;
  snapshot-info) echo "error: Domain snapshot not found: no domain snapshot with matching name '$3'" >&2 ;;
  vol-delete) echo "error: failed to get pool 'default'
error: Storage pool not found: no storage pool with matching name 'default'" >&2 ;;
esac; exit 1`);
  expect(await domainState('one')).toBe('absent');
  expect(await hasSnapshot('one')).toBe(false);
  await expect(removeVolume('x.img')).resolves.toBeUndefined();
});

it('down powers off what runs and stops the network; a network that does not stop is told', async () => {
  const list = `list) [ -e ${folder}/off ] || echo rdc-one ;; destroy) touch ${folder}/off ;;`;
  libvirt(`case $1 in ${list} net-list) echo rdc ;; esac`);
  expect(await downAll()).toEqual(['one']);
  const done = ['list --name', 'destroy rdc-one', 'list --name', 'net-list --name', 'net-destroy rdc'];
  expect(
    calls()
      .filter((call) => !call.startsWith('dumpxml'))
      .slice(0, 5),
  ).toEqual(done);
  libvirt(`case $1 in ${list} net-list) echo rdc ;; net-destroy) echo "error: it is busy" >&2; exit 1 ;; esac`);
  await expect(downAll()).rejects.toThrow("[LAB] cannot stop the machines' network: error: it is busy");
  libvirt('exit 0');
  writeFileSync(join(folder, 'log'), '');
  expect(await downAll()).toEqual([]);
  expect(calls().slice(0, 3)).toEqual(['list --name', 'list --name', 'net-list --name']);
});

it('the machine of another user is left alone, and the network that it is on', async () => {
  const xml = `<source path='/home/other/.cache/rdc/consoles/one.log'/>`;
  libvirt(
    `case $1 in list) echo rdc-one ;; domstate) echo running ;; dumpxml) echo "${xml}" ;; net-list) echo rdc ;; esac`,
  );
  expect(await downAll()).toEqual([]);
  const refused = "[MACHINE] one in the system's libvirt is another user's: its files lie in /home/other/.cache/rdc";
  await expect(destroyMachine('one')).rejects.toThrow(refused);
  await expect(powerOff('one')).rejects.toThrow(refused);
  expect(calls().filter((call) => /^(destroy|undefine|net-destroy|pool-)/.test(call))).toEqual([]);
});

it('an old snapshot that cannot be deleted is told, and no new one is made', async () => {
  libvirt('[ $1 != snapshot-delete ] || { echo "error: no room" >&2; exit 1; }');
  await expect(saveSnapshot('one')).rejects.toThrow('[SNAPSHOT] cannot delete the old snapshot of one: error: no room');
  expect(calls().filter((call) => call.startsWith('snapshot-create'))).toEqual([]);
});

it('an address is kept whatever was kept before, and one that another machine has is told', async () => {
  libvirt(`[ $3 = add-last ] || { echo "couldn't locate a matching dhcp host entry" >&2; exit 1; }`);
  const [mac, ip] = ['52:54:00:00:00:01', '192.0.2.7'];
  await reserveAddress({ mac, ip });
  expect(calls()).toEqual([
    ...['--live', '--config'].map((where) => `net-update rdc delete ip-dhcp-host <host mac='${mac}'/> ${where}`),
    ...['--live', '--config'].map(
      (where) => `net-update rdc add-last ip-dhcp-host <host mac='${mac}' ip='${ip}'/> ${where}`,
    ),
  ]);
  libvirt('echo "there is an existing dhcp host entry" >&2; exit 1');
  await expect(reserveAddress({ mac, ip })).rejects.toThrow(
    /\[LAB\] cannot reserve the address 192\.0\.2\.7 .*existing/,
  );
});
