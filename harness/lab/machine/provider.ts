import type { Machine } from '../catalog/machines.ts';
import type { MachineAccel } from '../setup/acceleration.ts';
import type { Plan } from './handle.ts';
import type { MachineRecord } from './snapshot-record.ts';

export type RunState = 'absent' | 'off' | 'running';

/**
 * What runs machines. `name` is the lab's name of a machine throughout (catalog/provider-names.ts), and the caller holds
 * its lock. A reboot from within needs nobody: the machine comes back with the same address and host keys.
 */
export type Provider = {
  /** throws CONFIG for a machine that it cannot be */
  readonly expectPossible: (machine: Machine) => void;
  /** how its machines are executed; part of their stamps */
  readonly chooseAccel: () => Promise<MachineAccel>;
  readonly state: (name: string) => Promise<RunState>;
  readonly hasSnapshot: (name: string) => Promise<boolean>;
  /** names of all that run */
  readonly running: () => Promise<ReadonlySet<string>>;
  /** boots the machine from its box and installs rootless Docker in it; resolves to its address. Throws MACHINE or PROVISION */
  readonly make: (plan: Plan) => Promise<{ readonly host: string }>;
  /** makes a running machine's state its snapshot; its daemon answers afterwards */
  readonly save: (plan: Plan) => Promise<void>;
  /** puts the machine back to its snapshot, running; logins are not possible at once. Throws SNAPSHOT */
  readonly revert: (plan: Plan, record: MachineRecord) => Promise<void>;
  /** starts the machine `twin` from the snapshot of `name`; returns its address. Only where that takes seconds */
  readonly twin?: (name: string, twin: string) => string;
  /** pulls the plug; what it has on its disk stays */
  readonly powerOff: (name: string) => Promise<void>;
  /** the machine, its disk and its snapshot are gone */
  readonly destroy: (name: string) => Promise<void>;
  /** what all of its machines share, or left: none of them is to run */
  readonly sweep: () => Promise<void>;
  /** gives back what was made for all of its machines, where none is left that needs it */
  readonly leave: () => Promise<void>;
  /** the clock is this machine's, and not to be set */
  readonly sharesClock: boolean;
};
