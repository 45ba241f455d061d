import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { cachePath } from '../../this-machine/paths.ts';
import { identifyProcess } from '../../this-machine/process-identity.ts';
import { ensurePool, leaveSystemLibvirt, stopOwnNetwork } from './own-resources.ts';

// libvirt is played by a script that keeps its pools and networks in files; bench/e2e/system-libvirt.e2e.ts asks a real one

let folder: string;
const file = (name: string) => join(folder, name);
const calls = () => readFileSync(file('log'), 'utf8').trim().split('\n');

const script = (own: string) => `#!/bin/sh
shift 3
cd ${folder}
echo "$@" >> log
${own}
case $1 in
  pool-list) cat active 2>/dev/null || : ;;
  pool-dumpxml) [ -e defined ] || { echo "error: Storage pool not found: no storage pool with matching name '$2'" >&2; exit 1; }; cat defined ;;
  pool-define-as) echo "<target><path>$5</path></target>" >defined ;;
  pool-start) echo $2 >active ;;
  pool-destroy) : >active ;;
  pool-undefine) rm defined ;;
  vol-list) printf ' box.img   %s/box.img\n' /somewhere ;;
  list) cat domains 2>/dev/null || : ;;
  net-list) [ "$2" = --all ] && printf 'default\nrdc\n' || : ;;
esac`;

function libvirt(own = ''): void {
  writeFileSync(file('virsh'), script(own));
  chmodSync(file('virsh'), 0o755);
}

beforeEach(() => {
  vi.unstubAllEnvs();
  folder = mkdtempSync(join(tmpdir(), 'rdc-pool-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('RDC_LAB', 'system');
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  libvirt();
});

it('a storage pool of our own is made once, and started where it is off', async () => {
  await ensurePool();
  expect(calls()).toContain('pool-define-as rdc dir --target /var/lib/libvirt/images/rdc');
  expect(calls().some((call) => call.includes('default'))).toBe(false);
  writeFileSync(file('log'), '');
  await ensurePool();
  expect(calls()).toEqual(['pool-list --name']);
  writeFileSync(file('active'), '');
  await ensurePool();
  expect(calls().filter((call) => /define|build|start/.test(call))).toEqual(['pool-start rdc']);
});

it('a pool that does not start is one message, with what libvirt said', async () => {
  libvirt('[ $1 != pool-start ] || { echo "error: access denied" >&2; exit 1; }');
  await expect(ensurePool()).rejects.toThrow(
    '[LAB] cannot make the storage pool rdc in /var/lib/libvirt/images/rdc: error: access denied',
  );
});

it("what is ours leaves the system's libvirt with the last machine, and nothing else does", async () => {
  await ensurePool();
  writeFileSync(file('log'), '');
  writeFileSync(file('domains'), 'web\nrdc-one\n');
  await leaveSystemLibvirt();
  expect(calls()).toEqual(['list --all --name']);
  writeFileSync(file('domains'), 'web\n');
  await leaveSystemLibvirt();
  const changes = calls().filter((call) => /undefine|delete|destroy/.test(call));
  expect(changes).toEqual([
    'net-undefine rdc',
    'vol-delete --pool rdc box.img',
    'pool-destroy rdc',
    'pool-delete rdc',
    'pool-undefine rdc',
  ]);
});

it('while another run of ours is on its way to a machine, nothing is taken from it', async () => {
  await ensurePool();
  writeFileSync(file('log'), '');
  const lock = cachePath('machines', 'two.lock');
  writeFileSync(lock, JSON.stringify(identifyProcess(process.ppid)));
  await leaveSystemLibvirt();
  await stopOwnNetwork();
  expect(calls()).toEqual(['']);
  rmSync(lock);
  await leaveSystemLibvirt();
  expect(calls()).toContain('pool-undefine rdc');
});

it("a pool of somebody else's that is called so stays", async () => {
  writeFileSync(file('defined'), '<target><path>/srv/rdc</path></target>');
  writeFileSync(file('active'), 'rdc\n');
  await leaveSystemLibvirt();
  expect(calls().filter((call) => /^(vol|pool)-(delete|destroy|undefine)/.test(call))).toEqual([]);
});
