import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { expectSystemAccess, libvirtGroup } from './system-access.ts';

// what virsh 9.0 says, played by a script

function libvirt(script: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-access-'));
  writeFileSync(join(folder, 'virsh'), `#!/bin/sh\n${script}`);
  chmodSync(join(folder, 'virsh'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
}

beforeEach(() => {
  vi.unstubAllEnvs();
  vi.stubEnv('RDC_LAB', 'system');
  vi.stubEnv('USER', 'someone-else');
});

it('the hermetic lab has a libvirt of its own, which is not asked', async () => {
  vi.stubEnv('RDC_LAB', 'hermetic');
  libvirt('exit 1');
  await expect(expectSystemAccess()).resolves.toBeUndefined();
});

it('a libvirt that refuses this user is one message, with the group that it takes', async () => {
  libvirt(`echo "error: failed to connect to the hypervisor
error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied" >&2; exit 1`);
  await expect(expectSystemAccess()).rejects.toMatchObject({
    message: expect.stringContaining('[LAB] libvirt does not answer: error: failed to connect'),
    hint: expect.stringContaining('usermod -aG libvirt $USER   # then log in again'),
  });
});

it.each([
  ['libvirt:x:64:root,alice', [1000, 64], { listed: true, has: true }],
  ['libvirt:x:64:alice', [1000], { listed: true, has: false }],
  ['libvirt:x:64:alice2', [1000], { listed: false, has: false }],
  ['libvirt-qemu:x:64:alice', [64], { listed: false, has: false }],
])('with %j, and groups %j of the login', (line, groups, expected) => {
  expect(libvirtGroup(`root:x:0:\n${line}\nusers:x:100:\n`, 'alice', groups)).toEqual(expected);
});
