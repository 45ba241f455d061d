/** Something in the cache or a run's folder that is not needed, or that is kept for a reason. */
export type CacheEntry = {
  readonly kind:
    | 'machine'
    | 'box'
    | 'vagrant box'
    | 'volume'
    | 'fixture image'
    | 'run'
    | 'log'
    | 'compiled'
    | 'rest of a dead process';
  readonly name: string;
  /** allocated on disk; sparse files count what they hold */
  readonly bytes: number;
  /** absolute */
  readonly paths: readonly string[];
  /** why it goes, or why it stays */
  readonly why: string;
};

/** A file or folder as it was found; times in ms since the epoch. */
export type Found = {
  readonly name: string;
  readonly bytes: number;
  readonly paths: readonly string[];
  readonly changedAt: number;
};

export type FoundMachine = Found & {
  /** of the record of its snapshot; undefined where it has none */
  readonly stamp: string | undefined;
  readonly isRunning: boolean;
};

/** `backing`: name of the volume that a disk, or a volume, stands on. */
export type FoundVolume = Found & { readonly backing: string | undefined };

/** What is in the cache and in reports/out, and the state of this machine. */
export type CacheState = {
  readonly now: number;
  readonly machines: readonly FoundMachine[];
  /** disks of machines, by the machine's name */
  readonly disks: readonly FoundVolume[];
  readonly volumes: readonly FoundVolume[];
  readonly boxes: readonly Found[];
  readonly vagrantBoxes: readonly Found[];
  readonly images: readonly Found[];
  readonly runs: readonly Found[];
  readonly logs: readonly Found[];
  readonly compiled: readonly Found[];
  readonly rests: readonly Found[];
  /** name of the run that `latest` points at */
  readonly latest: string | undefined;
  /** machines of machines.json: the stamp a snapshot made now would have, and the box (`debian-13-amd64-1a2b3c`) */
  readonly listed: ReadonlyMap<string, { readonly stamp: string; readonly box: string }>;
  /** machines in use by others, and runs being written, each with its owner in words */
  readonly held: ReadonlyMap<string, string>;
  readonly heldRuns: ReadonlyMap<string, string>;
};
