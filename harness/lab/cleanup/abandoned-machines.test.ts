import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { identifyProcess } from '../../this-machine/process-identity.ts';
import { runningDomains } from '../libvirt/domain.ts';
import { clearAbandonedMachines, findAbandonedMachines } from './abandoned-machines.ts';
import { removeCacheEntries } from './remove.ts';

// libvirt is played by a script that answers for two machines and writes down what it was asked to change

let cache: string;
let calls: () => string[];

function libvirt(script: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-virsh-'));
  writeFileSync(join(folder, 'virsh'), `#!/bin/sh\nshift 3\n${script.replaceAll('LOG', join(folder, 'log'))}`);
  chmodSync(join(folder, 'virsh'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  calls = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').trim().split('\n') : []);
}

beforeEach(() => {
  vi.unstubAllEnvs();
  const home = mkdtempSync(join(tmpdir(), 'rdc-dead-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
  vi.stubEnv('RDC_LAB', 'system');
  cache = join(home, 'rdc');
  mkdirSync(join(cache, 'machines'), { recursive: true });
  libvirt(`case $1 in
  domstate) case $2 in rdc-one|rdc-two) echo running ;; rdc-off) echo 'shut off' ;; *) echo "error: failed to get domain '$2'" >&2; exit 1 ;; esac ;;
  list) printf 'rdc-one\\nrdc-two\\nsomebody-elses\\n' ;;
  domiflist) echo '-  network  rdc  virtio  52:54:00:00:00:01' ;;
  *) echo "$@" >> LOG ;;
esac`);
});

const lock = (name: string, more: object) =>
  writeFileSync(
    join(cache, 'machines', `${name}.lock`),
    JSON.stringify({ pid: process.pid, startTime: '1', since: '2026-11-22T09:00:00Z', ...more }),
  );

it('the machine that a dead run left is powered off; one that it found running is not, nor one in use or kept', async () => {
  lock('one', { command: 'rdc run one' });
  lock('two', { attached: true });
  lock('off', {});
  lock('live', identifyProcess(process.ppid) ?? {});
  expect((await findAbandonedMachines()).map(({ name, isRunning }) => `${name} ${isRunning}`)).toEqual([
    'off false',
    'one true',
    'two false',
  ]);
  const said: string[] = [];
  await clearAbandonedMachines((text) => said.push(text));
  expect(calls().filter((call) => !call.startsWith('dumpxml'))).toEqual(['destroy rdc-one']);
  expect(readdirSync(join(cache, 'machines'))).toEqual(['live.lock']);
  expect(said[1]).toMatch(/^one: powered off; lock of a dead run removed \(process \d+ \(rdc run one\) since/);
});

it('what runs is what libvirt says; no answer is not "nothing"', async () => {
  expect([...(await runningDomains())]).toEqual(['one', 'two']);
  libvirt('echo "no connection" >&2; exit 1');
  await expect(runningDomains()).rejects.toThrow('[LAB] libvirt does not answer: no connection');
});

it('a machine that goes is taken from libvirt with its disk, and its address is free again', async () => {
  const record = join(cache, 'machines', 'off.json');
  writeFileSync(record, JSON.stringify({ stamp: 'x', hostKeys: [], host: '192.0.2.7' }));
  const machine = { kind: 'machine', name: 'off', bytes: 0, paths: [record], why: '' } as const;
  const stray = { kind: 'log', name: 'stray', bytes: 0, paths: ['/etc/hostname'], why: '' } as const;
  const { failed } = await removeCacheEntries([machine, stray], join(cache, 'out'));
  const changes = calls().filter((call) => !call.startsWith('dumpxml'));
  expect(changes[0]).toBe('undefine rdc-off --snapshots-metadata --remove-all-storage');
  expect(changes.slice(1)).toEqual(
    ['--live', '--config'].map(
      (where) => `net-update rdc delete ip-dhcp-host <host mac='52:54:00:00:00:01'/> ${where}`,
    ),
  );
  expect(existsSync(record)).toBe(false);
  expect(failed).toEqual([expect.stringContaining('log stray: [INPUT] /etc/hostname is outside of')]);
  expect(existsSync('/etc/hostname')).toBe(true);
});
