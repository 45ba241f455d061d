import type { HostFacts } from '../facts/host-facts.ts';
import type { Executor } from '../transport/executor.ts';
import type { ExecOptions, ExecResult } from '../transport/transport.ts';

export type ApiAnswer = { readonly status: number; readonly text: string; json<T>(): T };

/** The machine and the unprivileged user under test, for a check that only reads. */
export type ReadableTarget = Executor & {
  readonly name: string;
  readonly kind: 'machine' | 'ssh' | 'local';
  readonly facts: { readonly host: HostFacts };
  /** the same machine as its administrator */
  readonly root: Executor;
  /** adds to the evidence of the check at work */
  note(text: string): void;
  /** set where one only looks: what would change the machine throws READ_ONLY */
  readonly readOnly?: true;
  /** where one only looks: what the API answered, by path */
  readonly answers?: Map<string, Promise<ApiAnswer>>;
  /** local path of the daemon's forwarded API socket */
  readonly dockerSocket: string;
};

/** The same for a check that starts containers and changes what it takes back. */
export type Target = ReadableTarget & {
  /** a login session of its own, made for this call: what PAM gives at login is only there */
  login(script: string, options?: ExecOptions): Promise<ExecResult>;
  /** what a change on the machine must forget: shared containers, cached probes */
  invalidate(): Promise<void>;
};

/** The same for a fault, and for a check that restarts the daemon: only these end what others use. */
export type RestartableTarget = Target & {
  /**
   * Runs `work` while this run has no session of the user, and logs in again after it. Only `root` can be asked
   * meanwhile. Throws ROOT where root has no login of its own.
   */
  loggedOut<T>(work: () => Promise<T>): Promise<T>;
  /** reboots the machine, inside of `loggedOut`: nobody but root is logged in when it resolves, whatever else runs */
  reboot(): Promise<void>;
};
