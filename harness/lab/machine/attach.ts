import { RdcError } from '../../messages/errors.ts';
import { lockMachine } from '../../this-machine/locks.ts';
import { asArguments } from '../catalog/provider-names.ts';
import { ensureSshKey } from '../disks/ssh-key.ts';
import { consoleLogOf } from './console-log.ts';
import { type GuestUser, sshCommand } from './guest-ssh.ts';
import type { MachineHandle } from './handle.ts';
import { stateOf } from './providers.ts';
import { type MachineRecord, readRecord } from './snapshot-record.ts';

/** A machine that runs already, as it stands: nothing is restored, set or repaired. Throws MACHINE when it does not run. */
export async function attachMachine(name: string): Promise<MachineHandle> {
  const record = await runningRecord(name);
  lockMachine(name, { attached: true });
  const { identityFile } = await ensureSshKey();
  return {
    name,
    host: record.host,
    port: record.port,
    user: 'tester',
    identityFile,
    hostKeys: record.hostKeys,
    consoleLog: consoleLogOf(name),
    accel: record.accel,
    restored: false,
    infraRetries: 0,
  };
}

/** The OpenSSH command line into a running machine, with its pinned host keys. */
export async function guestSshCommand(name: string, user: GuestUser): Promise<string[]> {
  const { host, port } = await runningRecord(name);
  const { identityFile } = await ensureSshKey();
  return sshCommand({ name, host, port, identityFile }, user);
}

async function runningRecord(name: string): Promise<MachineRecord> {
  const record = readRecord(name);
  if (record && (await stateOf(name)) === 'running') return record;
  throw new RdcError('MACHINE', `${name} is not running`, { hint: `./rdc up ${asArguments(name)}` });
}
