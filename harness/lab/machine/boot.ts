import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import { imageBox, imageHostKeys } from '../disks/cloud-image-box.ts';
import { domainAddress, reserveAddress, saveSnapshot } from '../libvirt/domain.ts';
import { vagrantCommand, vagrantEnvironment } from '../libvirt/vagrant-and-virsh.ts';
import { askGuest, pinHostKeys, scanHostKeys } from './guest-ssh.ts';
import { expectDaemon, handle, type MachineHandle, type Plan } from './handle.ts';
import { forgetImageMachine, writeImageMachine } from './image-machine.ts';
import { type MachineRecord, writeRecord } from './snapshot-record.ts';
import { destroyMachine } from './take-down.ts';

/**
 * The first CPU quota on a machine makes its kernel rewrite its own scheduler while it runs, and the last one that
 * goes makes it write it back. QEMU 7.2 without KVM now and then executes the instruction half-written: the guest
 * panics (`Oops: int3` in __set_next_task_fair). A quota that nothing is in keeps the kernel as it is.
 */
const cpuQuotaInUse = `cd /sys/fs/cgroup && grep -qw cpu cgroup.subtree_control 2>/dev/null || exit 0
mkdir -p rdc-emulated && echo '100000 100000' > rdc-emulated/cpu.max`;

/** Boots, provisions and saves the machine; what there was of it before is gone. A boot may fail once. */
export async function bootAnew(plan: Plan): Promise<MachineHandle> {
  const { name } = plan.machine;
  await destroyMachine(name);
  if (plan.machine.box.image !== undefined) {
    await forgetImageMachine(name, plan.machine.box.sha256);
    await writeImageMachine(plan.machine);
  }
  let infraRetries = 0;
  try {
    await vagrantUp(plan);
  } catch (error) {
    if (!(error instanceof RdcError) || error.code !== 'MACHINE' || plan.signal?.aborted) throw error;
    plan.onStage(`boot failed (${error.message}); trying again`);
    infraRetries = 1;
    await destroyMachine(name);
    await vagrantUp(plan);
  }
  const record = await readMachineIdentity(plan);
  await saveSnapshot(name);
  writeRecord(name, record);
  plan.onStage('snapshot saved; the next run starts from it');
  return handle(plan, record, { restored: false, infraRetries });
}

/** MACHINE: it did not boot, which may be bad luck; PROVISION: it did, and rootless Docker does not run in it. */
async function vagrantUp(plan: Plan): Promise<void> {
  const { name } = plan.machine;
  let booted = false;
  const stages: [RegExp, string][] = [
    [/Adding box|Uploading base box/, 'copying the box to libvirt'],
    [/Starting domain/, 'booting'],
    [/Running provisioner: base/, 'creating users'],
    [/Running provisioner: kernel-args/, 'rebooting with the kernel arguments'],
    [/Running provisioner: variant \(/, 'setting up the variant'],
    [/Running provisioner: rootless/, "installing rootless Docker with the distribution's packages"],
  ];
  const onLine = (line: string): void => {
    if (line.includes('Running provisioner')) booted = true;
    const stage = stages.find(([pattern]) => pattern.test(line));
    if (stage) plan.onStage(stage[1]);
  };
  const signal = plan.signal ? { signal: plan.signal } : {};
  const options = { log: `vagrant-up-${name}`, what: `vagrant up ${name}`, timeoutMs: 1_500_000, onLine, ...signal };
  const env = { ...vagrantEnvironment(name), RDC_ACCEL: plan.accel };
  try {
    await runLogged(vagrantCommand('up', name, '--provider', 'libvirt'), { ...options, code: 'MACHINE', env });
  } catch (error) {
    if (!booted || !(error instanceof RdcError)) throw error;
    throw new RdcError('PROVISION', error.message.replace(/^\[\w+\] /, ''), { hint: error.hint ?? '', cause: error });
  }
}

async function readMachineIdentity(plan: Plan): Promise<MachineRecord> {
  const { name } = plan.machine;
  const address = await domainAddress(name);
  if (!address) throw new RdcError('MACHINE', `${name} has no address`, { hint: `virsh domifaddr rdc-${name}` });
  await reserveAddress(address);
  const guest = { name, host: address.ip, port: 22, identityFile: plan.identityFile };
  const hostKeys = await scanHostKeys(guest);
  if (hostKeys.length === 0)
    throw new RdcError('MACHINE', `no SSH host key from ${name} at ${address.ip}`, { hint: `./rdc ssh ${name}` });
  await expectOwnKeys(plan, hostKeys);
  pinHostKeys(guest, hostKeys);
  await expectDaemon(guest, 'PROVISION');
  if (plan.accel === 'tcg') await askGuest(guest, { user: 'root', script: cpuQuotaInUse });
  const { exitCode, stdout } = await askGuest(guest, { user: 'root', script: 'cat /etc/machine-id' });
  if (exitCode !== 0)
    throw new RdcError('MACHINE', `cannot read /etc/machine-id of ${name}`, { hint: `./rdc ssh ${name}` });
  const savedAt = new Date().toISOString();
  return {
    stamp: plan.stamp,
    host: address.ip,
    port: 22,
    hostKeys,
    machineId: stdout.trim(),
    accel: plan.accel,
    savedAt,
  };
}

/** A machine from an image was given its host keys; one that shows others did not take its seed, or is another one. */
async function expectOwnKeys({ machine }: Plan, shown: readonly string[]): Promise<void> {
  const { image, sha256 } = machine.box;
  if (image === undefined || sha256 === undefined) return;
  const given = imageHostKeys(await imageBox(sha256));
  if (shown.every((key) => given.includes(key))) return;
  throw new RdcError('MACHINE', `SSH host keys of ${machine.name} differ from those of its seed`, {
    hint: `less ${cachePath('consoles', `${machine.name}.log`)}   # what cloud-init said`,
  });
}
