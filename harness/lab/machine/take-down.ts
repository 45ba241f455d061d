import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { lockMachine, lockOwner, releaseMachine } from '../../this-machine/locks.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import {
  canAskLibvirt,
  type DomainState,
  domainMac,
  domainState,
  hasSnapshot,
  releaseAddress,
  removeDomain,
  runningDomains,
  stopDomain,
  stopNetwork,
} from '../libvirt/domain.ts';
import { vagrantCommand, vagrantEnvironment } from '../libvirt/vagrant-and-virsh.ts';
import { knownMachines } from './known-machines.ts';
import { forgetRecord, readRecord } from './snapshot-record.ts';

/** Powers off hard; the snapshot stays and the next run starts from it. */
export async function powerOff(name: string): Promise<void> {
  lockMachine(name);
  await stopDomain(name);
  releaseMachine(name);
}

/** Removes the machine, its disk, its snapshot and its records. */
export async function destroyMachine(name: string): Promise<void> {
  lockMachine(name);
  const mac = await domainMac(name);
  forgetRecord(name);
  const vagrantState = join(cachePath('machines', 'machines'), name, 'libvirt');
  // Vagrant removes the network with the machine that made it, although others use it: libvirt's count of connections,
  // which should prevent that, is wrong after a restore.
  rmSync(join(vagrantState, 'created_networks'), { force: true });
  let vagrantSaid: unknown;
  if (existsSync(join(vagrantState, 'id'))) {
    const options = { log: `vagrant-destroy-${name}`, what: `vagrant destroy ${name}`, timeoutMs: 120_000 };
    await runLogged(vagrantCommand('destroy', '-f', name), {
      ...options,
      code: 'MACHINE',
      env: vagrantEnvironment(name),
    }).catch((error: unknown) => {
      vagrantSaid = error;
    });
  }
  // A machine that Vagrant forgot, or cannot remove, would be in the way of the next one of its name.
  if ((await domainState(name)) !== 'absent') {
    await stopDomain(name);
    await removeDomain(name).catch((error: unknown) => {
      throw vagrantSaid ?? error;
    });
  }
  if (mac) await releaseAddress(mac);
  rmSync(cachePath('machines', 'machines', name), { recursive: true, force: true });
  rmSync(cachePath('consoles', `${name}.log`), { force: true });
}

export type MachineState = {
  readonly name: string;
  /** `unknown` where libvirt does not answer */
  readonly state: DomainState | 'unknown';
  readonly snapshot: boolean;
  readonly host?: string;
  /** the process that uses it now */
  readonly usedBy?: number;
};

/** Every known machine as it stands; without a lab nothing runs, but a snapshot may lie in the cache. */
export async function machineState(): Promise<MachineState[]> {
  const canAsk = canAskLibvirt();
  const states: MachineState[] = [];
  for (const { name } of knownMachines().machines) {
    const record = readRecord(name);
    const owner = lockOwner(name);
    const { state, snapshot } = canAsk
      ? await stateInLibvirt(name)
      : { state: record ? ('off' as const) : ('absent' as const), snapshot: record !== undefined };
    states.push({ name, state, snapshot, ...(record && { host: record.host }), ...(owner && { usedBy: owner.pid }) });
  }
  return states;
}

async function stateInLibvirt(name: string): Promise<Pick<MachineState, 'state' | 'snapshot'>> {
  try {
    const state = await domainState(name);
    return { state, snapshot: state !== 'absent' && (await hasSnapshot(name)) };
  } catch (error) {
    if (!(error instanceof RdcError && error.code === 'LAB')) throw error;
    return { state: 'unknown', snapshot: false };
  }
}

/** Powers off every machine of the lab and stops their network. Returns the names of those that ran. */
export async function downAll(): Promise<string[]> {
  const running = [...(await runningDomains())];
  for (const name of running) await powerOff(name);
  await stopNetwork();
  return running;
}
