import type { DeclaredCheck } from '../../checks/check.ts';
import type { Assignment } from './protocol.ts';

type Kind = Pick<Assignment, 'mode' | 'sideEffects' | 'checkTimeoutMs'>;

/** In ms. A boot of an emulated machine takes two minutes, and the fault test has three of them. */
export function timeLimitMs({ restartsDaemon }: Pick<DeclaredCheck, 'restartsDaemon'>, kind: Kind): number {
  if (kind.checkTimeoutMs !== undefined) return kind.checkTimeoutMs;
  const [once, underFault] = restartsDaemon ? [480_000, 1_500_000] : [240_000, 900_000];
  if (kind.mode !== 'fault-test') return once;
  return kind.sideEffects === 'all' ? 3_600_000 : underFault;
}
