import type { DeclaredCheck } from '../../checks/check.ts';
import type { Assignment } from './protocol.ts';

type Kind = Pick<Assignment, 'reading' | 'blastRadius' | 'checkTimeoutMs'>;

/** In ms. A boot of an emulated machine takes two minutes, and the sabotage reading has three of them. */
export function timeLimitMs({ disruptive }: Pick<DeclaredCheck, 'disruptive'>, kind: Kind): number {
  if (kind.checkTimeoutMs !== undefined) return kind.checkTimeoutMs;
  const [once, mutated] = disruptive ? [480_000, 1_500_000] : [240_000, 900_000];
  if (kind.reading !== 'sabotage') return once;
  return kind.blastRadius === 'all' ? 3_600_000 : mutated;
}
