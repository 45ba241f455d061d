import { rmSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { lockMachine, lockOwner, releaseMachine } from '../../this-machine/locks.ts';
import { labNameOf, parseLabName, providerNames } from '../catalog/provider-names.ts';
import { canAskLibvirt } from '../libvirt/domain.ts';
import { consoleLogOf } from './console-log.ts';
import { knownMachines } from './known-machines.ts';
import type { RunState } from './provider.ts';
import { providerOf, providers, runningMachines } from './providers.ts';
import { forgetRecord, readRecord } from './snapshot-record.ts';

/** Powers off hard; the snapshot stays and the next run starts from it. */
export async function powerOff(name: string): Promise<void> {
  lockMachine(name);
  await providerOf(name).powerOff(name);
  releaseMachine(name);
}

/** Removes the machine, its disk, its snapshot and its records. */
export async function destroyMachine(name: string): Promise<void> {
  lockMachine(name);
  const provider = providerOf(name);
  // a lab that does not answer is asked first: then all stays as it is
  await provider.state(name);
  forgetRecord(name);
  await provider.destroy(name);
  rmSync(consoleLogOf(name), { force: true });
}

export type MachineState = {
  /** the lab's name of it: `debian-13`, as a container `debian-13.nspawn` */
  readonly name: string;
  /** `unknown` where libvirt does not answer */
  readonly state: RunState | 'unknown';
  readonly snapshot: boolean;
  readonly host?: string;
  /** the process that uses it now */
  readonly usedBy?: number;
};

/** Every known machine as it stands, containers where there is one; without a lab no VM runs, but a snapshot may lie in the cache. */
export async function machineState(): Promise<MachineState[]> {
  const states: MachineState[] = [];
  const known = knownMachines().machines.flatMap(({ name }) => providerNames.map((one) => labNameOf(name, one)));
  for (const name of known) {
    const record = readRecord(name);
    const owner = lockOwner(name);
    const isVm = parseLabName(name).provider === 'libvirt';
    const { state, snapshot } =
      isVm && !canAskLibvirt()
        ? { state: record ? ('off' as const) : ('absent' as const), snapshot: record !== undefined }
        : await askedState(name);
    if (!isVm && state === 'absent') continue;
    states.push({ name, state, snapshot, ...(record && { host: record.host }), ...(owner && { usedBy: owner.pid }) });
  }
  return states;
}

async function askedState(name: string): Promise<Pick<MachineState, 'state' | 'snapshot'>> {
  const provider = providerOf(name);
  try {
    const state = await provider.state(name);
    return { state, snapshot: state !== 'absent' && (await provider.hasSnapshot(name)) };
  } catch (error) {
    if (!(error instanceof RdcError && error.code === 'LAB')) throw error;
    return { state: 'unknown', snapshot: false };
  }
}

/** Powers off every machine of the lab and stops their network. Returns the names of those that ran. */
export async function downAll(): Promise<string[]> {
  const running = [...(await runningMachines())];
  for (const name of running) await powerOff(name);
  for (const name of providerNames) {
    await providers[name].sweep();
    await providers[name].leave();
  }
  return running;
}
