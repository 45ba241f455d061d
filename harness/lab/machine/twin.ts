import { releaseMachine } from '../../this-machine/locks.ts';
import { twinOf } from '../catalog/provider-names.ts';
import { pinHostKeys } from './guest-ssh.ts';
import { expectDaemon, type MachineHandle } from './handle.ts';
import { providerOf } from './providers.ts';
import { destroyMachine } from './take-down.ts';

/**
 * A second machine of a run, from the same snapshot as the first, where the provider starts one in seconds. It belongs to
 * this process until it is dropped.
 */
export async function bringUpTwin(first: MachineHandle, signal?: AbortSignal): Promise<MachineHandle> {
  const name = twinOf(first.name);
  // that of a run that was killed
  await destroyMachine(name);
  const host = providerOf(name).twin?.(first.name, name) ?? first.host;
  pinHostKeys({ ...first, name, host }, first.hostKeys);
  await expectDaemon({ ...first, name, host }, 'SNAPSHOT', signal);
  return { ...first, name, host };
}

export const hasTwins = (name: string) => providerOf(name).twin !== undefined;

export async function dropTwin(firstName: string): Promise<void> {
  const name = twinOf(firstName);
  await destroyMachine(name);
  releaseMachine(name);
}
