import { RdcError } from '../../messages/errors.ts';
import { lockMachine } from '../../this-machine/locks.ts';
import type { Machine } from '../catalog/machines.ts';
import { asArguments, chooseProvider, labNameOf, type ProviderName } from '../catalog/provider-names.ts';
import { boxIdentity, isBuilt } from '../disks/box.ts';
import { ensureSshKey } from '../disks/ssh-key.ts';
import { bootAnew } from './boot.ts';
import type { MachineHandle, Plan } from './handle.ts';
import { providerOf } from './providers.ts';
import { restoreMachine } from './restore.ts';
import { type MachineRecord, machineStamp, readRecord } from './snapshot-record.ts';

export type BringUpOptions = {
  /** default: RDC_PROVIDER, else libvirt */
  readonly provider?: ProviderName | undefined;
  readonly fresh?: boolean;
  readonly onStage?: (text: string) => void;
  /** ends a boot or an installation under way; what is there of the machine by then stays */
  readonly signal?: AbortSignal | undefined;
};

/**
 * A machine with rootless Docker running: from its snapshot where there is one, else booted and provisioned.
 * The machine belongs to this process until `releaseMachine` or the process's end.
 */
export async function bringUp(machine: Machine, options: BringUpOptions = {}): Promise<MachineHandle> {
  const onStage = options.onStage ?? (() => {});
  const name = labNameOf(machine.name, chooseProvider(options.provider));
  const provider = providerOf(name);
  provider.expectPossible(machine);
  lockMachine(name);
  const accel = await provider.chooseAccel();
  const box = await boxIdentity(machine);
  const { identityFile } = await ensureSshKey();
  const plan: Plan = {
    machine,
    name,
    accel,
    stamp: machineStamp(machine, box, accel),
    identityFile,
    onStage,
    signal: options.signal,
  };
  const record = options.fresh ? undefined : await usableRecord(plan);
  let failedRestores = 0;
  if (record) {
    try {
      return await restoreMachine(plan, record);
    } catch (error) {
      // what this machine lacks is no fault of the snapshot
      if (plan.signal?.aborted || (error instanceof RdcError && error.code === 'HOST_SETUP')) throw error;
      failedRestores = 1;
      onStage(`snapshot restore failed (${(error as Error).message.split('\n')[0]}); booting from scratch`);
    }
  }
  if ((machine.box.build || machine.box.image) && !isBuilt(box)) {
    throw new RdcError('BOX', `${machine.name} has no box yet: ${box}`, { hint: `./rdc up ${asArguments(name)}` });
  }
  const booted = await bootAnew(plan);
  return { ...booted, infraRetries: booted.infraRetries + failedRestores };
}

async function usableRecord(plan: Plan): Promise<MachineRecord | undefined> {
  const { name } = plan;
  const provider = providerOf(name);
  const record = readRecord(name);
  if (!record) return undefined;
  if (record.stamp !== plan.stamp) {
    plan.onStage('definition changed since the snapshot; booting from scratch');
    return undefined;
  }
  if ((await provider.state(name)) === 'absent' || !(await provider.hasSnapshot(name))) {
    plan.onStage('machine or snapshot missing; booting from scratch');
    return undefined;
  }
  return record;
}
