import type { Connection } from '../../target-host/connection/address.ts';
import type { SideEffects } from '../../verdicts/fault-outcome.ts';
import type { Triage } from '../../verdicts/triage.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckProfile } from '../profile/check-profile.ts';

/** What the CLI tells a worker. */
export type Assignment = {
  readonly reading: 'conformance' | 'sabotage' | 'views';
  readonly connection: Connection;
  /** ids of the checks to judge; everything else a spec file declares is left alone */
  readonly selected: readonly string[];
  /** limit of one check instead of the reading's own */
  readonly checkTimeoutMs?: number;
  /** sabotage reading: judge others under each fault too, those that only read or every steady one */
  readonly blastRadius?: 'read-only' | 'all';
  /** say of each check what its time went to; then they are judged one after the other */
  readonly profile?: true;
  /** views reading: why no rootful daemon is behind the connection's socket, where none is */
  readonly noRootful?: string;
  /** folder that holds suites/ */
  readonly root?: string;
};

/** What a worker says of a check; the runner's own word is asked too (see run/judge.ts). */
export type CheckMeta = {
  id?: string;
  /** process that judges it */
  worker?: number;
  verdict?: CheckResult['verdict'];
  reason?: string;
  finding?: CheckResult['finding'];
  blockedBy?: string;
  evidence?: string;
  /** the connection to the target broke off; the message says where */
  lost?: string;
  /** what its time went to, where that was asked for */
  profile?: CheckProfile;
  /** sabotage reading: what became of the mutant */
  outcome?: 'killed' | 'survived' | 'impossible' | 'error';
  /** and of the checks that its fault was not meant for */
  blastRadius?: SideEffects;
  /** views reading: how the check looks from elsewhere */
  views?: Pick<Triage['views'], 'rootful' | 'bare'>;
};

declare module 'vitest' {
  interface ProvidedContext {
    assignment: Assignment;
  }
  interface TaskMeta extends CheckMeta {}
}
