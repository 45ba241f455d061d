import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { systemLibvirt } from './kvm-trial.ts';

// what virsh 9.0 says, played by a script

let folder: string;
const calls = () => readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');

function libvirt(script: string): void {
  const text = `#!/bin/sh\nshift 3\necho "$@" >>${folder}/log\n[ $1 != pool-list ] || echo rdc\n${script}`;
  writeFileSync(join(folder, 'virsh'), text);
  chmodSync(join(folder, 'virsh'), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-trial-'));
  vi.unstubAllEnvs();
  vi.stubEnv('RDC_LAB', 'system');
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  writeFileSync(join(folder, 'vmlinuz'), 'kernel');
});

const refusal =
  "echo 'error: failed to get emulator capabilities\nerror: invalid argument: the accel kvm is not supported by /usr/bin/qemu-system-x86_64 on this host' >&2; exit 1";

it.each([
  ['', true],
  [refusal, false],
])('what libvirt says of KVM: %j', async (script, offered) => {
  libvirt(script);
  expect(await systemLibvirt()?.offersKvm()).toBe(offered);
});

it('no answer is no offer and no refusal; the hermetic lab is not asked', async () => {
  libvirt("echo 'error: failed to connect to the hypervisor' >&2; exit 1");
  await expect(systemLibvirt()?.offersKvm()).rejects.toThrow('[LAB] libvirt does not say whether it offers KVM: error');
  vi.stubEnv('RDC_LAB', 'hermetic');
  expect(systemLibvirt()).toBeUndefined();
});

const boot = () => systemLibvirt()?.bootKernel(join(folder, 'vmlinuz'), 'console=ttyS0 panic=-1', 300);
const says = (text: string) =>
  `[ $1 != domstate ] || echo running; [ $1 != create ] || echo '${text}' >"$(sed -n "s/.*source path='\\([^']*\\)'.*/\\1/p" "$2")"`;

it.each(['Linux version 6.12', 'Booting from ROM..'])(
  'a kernel that says %j, in a machine that is gone then',
  async (text) => {
    libvirt(says(text));
    expect(await boot()).toBe(`${text}\n`);
    const [made, started, ended] = ['vol-create-as', 'create', 'destroy'].map((word) =>
      calls().find((call) => call.startsWith(word)),
    );
    expect(made).toBe(`vol-create-as rdc rdc-kvm-trial-${process.pid}.img 6`);
    expect(started).toMatch(/^create .*kvm-trial-\d+\.xml$/);
    expect(ended).toBe(`destroy rdc-kvm-trial-${process.pid}`);
    expect(calls().at(-1)).toBe(`vol-delete --pool rdc rdc-kvm-trial-${process.pid}.img`);
    expect(
      ['log', 'xml'].filter((end) => existsSync(join(folder, 'rdc/consoles', `kvm-trial-${process.pid}.${end}`))),
    ).toEqual([]);
  },
);

it('a QEMU that does not start under KVM is a kernel that does not boot', async () => {
  const said = 'error: internal error: qemu unexpectedly closed the monitor: failed to set MSR 0x10a to 0x69';
  libvirt(`[ $1 != create ] || { echo "${said}" >&2; exit 1; }`);
  expect(await boot()).toBe(said);
});

it('a trial that libvirt refuses is no answer', async () => {
  libvirt('[ $1 != create ] || { echo "error: no room" >&2; exit 1; }');
  await expect(boot()).rejects.toThrow('[LAB] cannot try KVM with libvirt: virsh create: error: no room');
  expect(calls().at(-1)).toBe(`vol-delete --pool rdc rdc-kvm-trial-${process.pid}.img`);
});
