import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { asArguments } from '../catalog/provider-names.ts';
import { imageBox, imageHostKeys } from '../disks/cloud-image-box.ts';
import { askGuest, pinHostKeys, scanHostKeys } from './guest-ssh.ts';
import { expectDaemon, handle, type MachineHandle, type Plan } from './handle.ts';
import { providerOf } from './providers.ts';
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
  const { name } = plan;
  const provider = providerOf(name);
  await destroyMachine(name);
  let infraRetries = 0;
  let made: { readonly host: string };
  try {
    made = await provider.make(plan);
  } catch (error) {
    if (!(error instanceof RdcError) || error.code !== 'MACHINE' || plan.signal?.aborted) throw error;
    plan.onStage(`boot failed (${error.message.split('\n')[0]}); trying again`);
    infraRetries = 1;
    await destroyMachine(name);
    made = await provider.make(plan);
  }
  const record = await readMachineIdentity(plan, made.host);
  await provider.save(plan);
  writeRecord(name, record);
  plan.onStage('snapshot saved; the next run starts from it');
  return handle(plan, record, { restored: false, infraRetries });
}

async function readMachineIdentity(plan: Plan, host: string): Promise<MachineRecord> {
  const { name } = plan;
  const guest = { name, host, port: 22, identityFile: plan.identityFile };
  const hostKeys = await scanHostKeys(guest);
  if (hostKeys.length === 0)
    throw new RdcError('MACHINE', `no SSH host key from ${name} at ${host}`, {
      hint: `./rdc ssh ${asArguments(name)}`,
    });
  await expectOwnKeys(plan, hostKeys);
  pinHostKeys(guest, hostKeys);
  await expectDaemon(guest, 'PROVISION');
  if (plan.accel === 'tcg') await askGuest(guest, { user: 'root', script: cpuQuotaInUse });
  const { exitCode, stdout } = await askGuest(guest, { user: 'root', script: 'cat /etc/machine-id' });
  if (exitCode !== 0)
    throw new RdcError('MACHINE', `cannot read /etc/machine-id of ${name}`, {
      hint: `./rdc ssh ${asArguments(name)}`,
    });
  const savedAt = new Date().toISOString();
  return {
    stamp: plan.stamp,
    host,
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
