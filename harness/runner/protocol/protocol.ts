import type { DeclaredCheck } from '../../checks/check.ts';
import type { Connection } from '../../target-host/connection/address.ts';
import type { Outcome } from '../../verdicts/fault-outcome.ts';
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
  readonly checkTimeoutMs?: number | undefined;
  /** fault test: judge others under each fault too, those that only read or every steady one */
  readonly sideEffects?: 'read-only' | 'all' | undefined;
  /** say of each check what its time went to; then they are judged one after the other */
  readonly profile?: true | undefined;
  /** triage: why no rootful daemon is behind the connection's socket, where none is */
  readonly noRootful?: string | undefined;
  /** folder that holds suites/, of another checkout in tests */
  readonly root?: string | undefined;
};

/** What a worker says of a check; the runner's own word is asked too (see judge/judge.ts). */
export type CheckMeta = Partial<Outcome> & {
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
  profile?: CheckProfile;
  /** triage: how the check looks from elsewhere */
  views?: Pick<Triage['views'], 'rootful' | 'bare'>;
};

declare module 'vitest' {
  interface ProvidedContext {
    assignment: Assignment;
  }
  interface TaskMeta extends CheckMeta {}
}

/** In ms. A boot of an emulated machine takes two minutes, and the fault test has three of them. */
export function timeLimitMs(
  { restartsDaemon }: Pick<DeclaredCheck, 'restartsDaemon'>,
  { mode, sideEffects, checkTimeoutMs }: Pick<Assignment, 'mode' | 'sideEffects' | 'checkTimeoutMs'>,
): number {
  if (checkTimeoutMs !== undefined) return checkTimeoutMs;
  if (mode !== 'fault-test') return restartsDaemon ? 480_000 : 240_000;
  if (sideEffects === 'all') return 3_600_000;
  return restartsDaemon ? 1_500_000 : 900_000;
}
