import { RdcError } from '../../messages/errors.ts';
import { asArguments } from '../catalog/provider-names.ts';
import { type Guest, pinHostKeys, waitForGuest } from './guest-ssh.ts';
import { expectDaemon, handle, type MachineHandle, type Plan } from './handle.ts';
import { providerOf } from './providers.ts';
import type { MachineRecord } from './snapshot-record.ts';

const answersWithinMs = 90_000;
const clockToleranceSeconds = 30;

/** Restores and verifies: keys, machine ID, clock, daemon. Throws SNAPSHOT with what is wrong. */
export async function restoreMachine(plan: Plan, record: MachineRecord): Promise<MachineHandle> {
  const { name } = plan;
  plan.onStage(`restoring the snapshot from ${record.savedAt}`);
  await providerOf(name).revert(plan, record);
  const guest = { name, host: record.host, port: record.port, identityFile: plan.identityFile };
  pinHostKeys(guest, record.hostKeys);
  // side by side: a login and the start of the client take seconds on an emulated machine
  const inVain = new AbortController();
  try {
    const signal = plan.signal ? AbortSignal.any([inVain.signal, plan.signal]) : inVain.signal;
    await Promise.all([expectIdentity(guest, record, signal), expectDaemon(guest, 'SNAPSHOT', signal)]);
  } finally {
    inVain.abort();
  }
  return handle(plan, record, { restored: true, infraRetries: 0 });
}

/** Sets the clock where it is the machine's own, and reads it back with the machine's id. */
async function expectIdentity(guest: Guest, record: MachineRecord, signal: AbortSignal): Promise<void> {
  const { name } = guest;
  const setClock = providerOf(name).sharesClock ? '' : ' && date -s "@$(cat)" >/dev/null';
  const script = `cat /etc/machine-id${setClock} && date +%s`;
  const question = { user: 'root', script, input: nowInSeconds, withinMs: answersWithinMs, signal } as const;
  const identity = await waitForGuest(guest, question);
  if (identity.exitCode !== 0)
    throw new RdcError('SNAPSHOT', `no answer from ${name} with its pinned host keys at ${record.host}`);
  const off = findDifference(record, identity.stdout, Date.now() / 1000);
  if (off) throw new RdcError('SNAPSHOT', `${name}: ${off}`, { hint: `./rdc up ${asArguments(name)} --fresh` });
}

/** Compares a restored machine's ID and clock, a line each, with what they should be. */
export function findDifference(record: MachineRecord, answer: string, nowSeconds: number): string | undefined {
  const [machineId = '', clock = ''] = answer.trim().split('\n');
  if (machineId !== record.machineId)
    return `another machine answered: expected machine ID ${record.machineId}, got ${machineId.slice(0, 40)}`;
  const offBy = /^\d+$/.test(clock) ? Math.abs(Number(clock) - nowSeconds) : Number.NaN;
  return offBy < clockToleranceSeconds
    ? undefined
    : `clock off by ${offBy.toFixed(0)} s (limit ${clockToleranceSeconds} s) after it was set`;
}

function nowInSeconds(): string {
  return String(Math.round(Date.now() / 1000));
}
