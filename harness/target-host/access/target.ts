import type { HostFacts } from '../facts/host-facts.ts';
import type { Executor } from '../transport/executor.ts';
import type { ExecOptions, ExecResult } from '../transport/transport.ts';

export type ApiAnswer = { readonly status: number; readonly text: string; json<T>(): T };

/** The machine and the unprivileged user under test, for a check that only reads. */
export type ReadableTarget = Executor & {
  readonly name: string;
  readonly kind: 'machine' | 'ssh' | 'local';
  readonly facts: { readonly host: HostFacts };
  readonly root: Executor;
  note(text: string): void;
  /** in an inspection: what would change the machine throws READ_ONLY */
  readonly readOnly?: true;
  /** in an inspection: answers of the API by path */
  readonly answers?: Map<string, Promise<ApiAnswer>>;
  /** local path of the daemon's forwarded API socket */
  readonly dockerSocket: string;
};

/** For a check that starts containers and undoes what it changes. */
export type Target = ReadableTarget & {
  /** a login session for this call alone: only a new one has what PAM gives */
  login(script: string, options?: ExecOptions): Promise<ExecResult>;
  /** after a change of the machine: forgets shared containers and what was asked before */
  invalidate(): Promise<void>;
};

/** For a fault, and for a check that restarts the daemon: only these end what others use. */
export type RestartableTarget = Target & {
  /** Runs `work` while the user is not logged in, when only `root` can be asked. Throws ROOT where root has no login. */
  loggedOut<T>(work: () => Promise<T>): Promise<T>;
  /** inside of `loggedOut`: resolves when root is logged in again, and nobody else */
  reboot(): Promise<void>;
};
