import { RdcError } from '../errors.ts';
import { revertToSnapshot } from './domain.ts';
import { pinHostKeys, waitForGuest } from './guest-ssh.ts';
import { expectDaemon, handle, type MachineHandle, type Plan } from './machine-handle.ts';
import type { MachineRecord } from './machine-record.ts';

const answersWithinMs = 90_000;

/** Restores and proves: the machine's keys and id, its clock, its daemon. Throws SNAPSHOT with what is off. */
export async function restoreMachine(plan: Plan, record: MachineRecord): Promise<MachineHandle> {
  const { name } = plan.machine;
  plan.onStage(`restoring the snapshot of ${record.savedAt}`);
  await revertToSnapshot(name);
  const guest = { name, host: record.host, port: record.port, identityFile: plan.identityFile };
  pinHostKeys(guest, record.hostKeys);
  const script = 'cat /etc/machine-id && date -s "@$(cat)" >/dev/null && date +%s';
  const identity = await waitForGuest(guest, { user: 'root', script, input: nowInSeconds, withinMs: answersWithinMs });
  if (identity.exitCode !== 0)
    throw new RdcError('SNAPSHOT', `${name} does not answer with its pinned host keys at ${record.host}`);
  const [machineId, clock] = identity.stdout.trim().split('\n');
  if (machineId !== record.machineId)
    throw new RdcError('SNAPSHOT', `${name} is another machine: its id is ${machineId}, not ${record.machineId}`);
  const offBy = Math.abs(Number(clock) - Date.now() / 1000);
  if (!(offBy < 30)) throw new RdcError('SNAPSHOT', `the clock of ${name} is off by ${offBy} s after it was set`);
  await expectDaemon(guest, 'SNAPSHOT');
  return handle(plan, record, { restored: true, infraRetries: 0 });
}

function nowInSeconds(): string {
  return String(Math.round(Date.now() / 1000));
}
