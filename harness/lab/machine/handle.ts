import { RdcError } from '../../messages/errors.ts';
import type { Machine } from '../catalog/machines.ts';
import { asArguments } from '../catalog/provider-names.ts';
import type { MachineAccel } from '../setup/acceleration.ts';
import { consoleLogOf } from './console-log.ts';
import { type Guest, waitForGuest } from './guest-ssh.ts';
import type { MachineRecord } from './snapshot-record.ts';

export type MachineHandle = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: 'tester';
  /** private key for tester, other and root */
  readonly identityFile: string;
  /** OpenSSH public key lines (`ssh-ed25519 AAAA...`), pinned when the machine was provisioned */
  readonly hostKeys: readonly string[];
  /** the serial console's log on this host */
  readonly consoleLog: string;
  readonly accel: MachineAccel;
  readonly restored: boolean;
  /** repeated boots and failed restores */
  readonly infraRetries: number;
};

/** How one machine is to be brought up. */
export type Plan = {
  machine: Machine;
  /** the lab's name of the machine: catalog/provider-names.ts */
  name: string;
  accel: MachineAccel;
  stamp: string;
  identityFile: string;
  onStage: (text: string) => void;
  signal?: AbortSignal | undefined;
};

const daemonWithinMs = 180_000;
const daemonAnswers = 'docker --host "unix:///run/user/$(id -u)/docker.sock" version --format "{{.Server.Version}}"';

/** Waits until tester's daemon answers on its socket; how it does so is for the checks to find out. */
export async function expectDaemon(guest: Guest, code: 'SNAPSHOT' | 'PROVISION', signal?: AbortSignal): Promise<void> {
  const answer = await waitForGuest(guest, {
    user: 'tester',
    script: daemonAnswers,
    withinMs: daemonWithinMs,
    ...(signal ? { signal } : {}),
  });
  if (answer.exitCode === 0) return;
  throw new RdcError(code, `rootless Docker in ${guest.name} did not answer within ${daemonWithinMs / 1000} s`, {
    hint: `./rdc ssh ${asArguments(guest.name)} -- systemctl --user status docker`,
  });
}

export function handle(
  plan: Plan,
  record: MachineRecord,
  how: { restored: boolean; infraRetries: number },
): MachineHandle {
  const { host, port, hostKeys, accel } = record;
  return {
    name: plan.name,
    host,
    port,
    user: 'tester',
    identityFile: plan.identityFile,
    hostKeys,
    consoleLog: consoleLogOf(plan.name),
    accel,
    ...how,
  };
}
