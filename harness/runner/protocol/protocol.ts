import type { Connection } from '../../target-host/connection/address.ts';
import type { SideEffects } from '../../verdicts/fault-outcome.ts';
import type { Triage } from '../../verdicts/triage.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckProfile } from '../profile/check-profile.ts';

/** What the CLI tells a worker. */
export type Assignment = {
  readonly mode: 'conformance' | 'fault-test' | 'triage';
  readonly connection: Connection;
  /** ids of the checks to judge; everything else a spec file declares is left alone */
  readonly selected: readonly string[];
  /** of these the ones that apply to the host */
  readonly applicable: readonly string[];
  /** limit of one check instead of the mode's own */
  readonly checkTimeoutMs?: number;
  /** fault test: judge others under each fault too, those that only read or every steady one */
  readonly sideEffects?: 'read-only' | 'all';
  /** say of each check what its time went to; then they are judged one after the other */
  readonly profile?: true;
  /** triage: why no rootful daemon is behind the connection's socket, where none is */
  readonly noRootful?: string;
  /** folder that holds suites/ */
  readonly root?: string;
};

/** What a worker says of a check; the runner's own word is asked too (see judge/judge.ts). */
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
  /** fault test: what became of the fault */
  outcome?: 'killed' | 'survived' | 'impossible' | 'error';
  /** and of the checks that its fault was not meant for */
  sideEffects?: SideEffects;
  /** triage: how the check looks from elsewhere */
  views?: Pick<Triage['views'], 'rootful' | 'bare'>;
};

declare module 'vitest' {
  interface ProvidedContext {
    assignment: Assignment;
  }
  interface TaskMeta extends CheckMeta {}
}
