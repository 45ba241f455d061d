import type { Connection } from '../target/connection.ts';
import type { CheckResult } from '../verdict.ts';

/** What the CLI tells a worker. */
export type Assignment = {
  readonly reading: 'conformance' | 'sabotage';
  readonly connection: Connection;
  /** ids of the checks to judge; everything else a spec file declares is left alone */
  readonly selected: readonly string[];
  /** limit of one check instead of the reading's own */
  readonly checkTimeoutMs?: number;
};

/** What a worker says of a check; the runner's own word is asked too (see run/judge.ts). */
export type CheckMeta = {
  id?: string;
  verdict?: CheckResult['verdict'];
  reason?: string;
  finding?: CheckResult['finding'];
  blockedBy?: string;
  evidence?: string;
  /** the connection to the target broke off; the message says where */
  lost?: string;
  /** sabotage reading: what became of the mutant */
  outcome?: 'killed' | 'survived' | 'impossible' | 'error';
};

declare module 'vitest' {
  interface ProvidedContext {
    assignment: Assignment;
  }
  interface TaskMeta extends CheckMeta {}
}
