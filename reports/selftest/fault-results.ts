import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import type { CheckMeta } from '../../harness/runner/protocol/protocol.ts';
import type { SideEffects } from '../../harness/verdicts/fault-outcome.ts';
import type { ProviderName } from '../results/provider.ts';

export type CheckMetas = Map<string, CheckMeta>;

export const outcomes = ['killed', 'survived', 'impossible', 'error'] as const;

export type SelftestRow = {
  readonly id: string;
  readonly outcome: (typeof outcomes)[number];
  readonly by: string;
  readonly message: string;
  /** the run that tried it, when it was another one (`--resume`) */
  readonly run?: string;
  readonly blastRadius?: SideEffects;
};

/** The contract of selftest.json: one target, one suite, and what became of each fault. */
export type Selftest = {
  readonly target: string;
  /** what ran a machine of the lab; none in files of versions before it, which knew VMs only */
  readonly provider?: ProviderName;
  readonly suite: { readonly version: string; readonly digest: string };
  readonly run: { readonly id: string; readonly startedAt: string };
  readonly checks: readonly SelftestRow[];
  /** faults that were killed by all that are possible, e.g. `37/37` */
  readonly score: string;
  /** present while the run is under way, and when it did not come to its end: why */
  readonly incomplete?: string;
};

/** What is known of the faults so far; a check that does not apply on the target has no row, since nothing was tried. */
export function judgedRows(checks: readonly DeclaredCheck[], metas: CheckMetas): SelftestRow[] {
  return checks.flatMap((check): SelftestRow[] => {
    const meta = metas.get(check.id);
    if (meta === undefined || (meta.verdict === 'skip' && meta.outcome === undefined)) return [];
    const { outcome = 'error', reason: message = 'no outcome was reported', sideEffects } = meta;
    return [
      { id: check.id, outcome, by: check.fault.name, message, ...(sideEffects ? { blastRadius: sideEffects } : {}) },
    ];
  });
}

/** Checks that nobody came to: each is an error, since a list without them would look whole. */
export function neverTried(checks: readonly DeclaredCheck[], metas: CheckMetas, why?: string): SelftestRow[] {
  const message = `it was never tried${why === undefined ? '' : `: ${why.split('\n')[0]}`}`;
  return checks
    .filter(({ id }) => !metas.has(id))
    .map((check) => ({ id: check.id, outcome: 'error', by: check.fault.name, message }));
}

export function scoreOf(rows: readonly SelftestRow[]): string {
  const possible = rows.filter((row) => row.outcome !== 'impossible');
  return `${possible.filter((row) => row.outcome === 'killed').length}/${possible.length}`;
}

/** 1: a fault survived, or turned red what it was not meant for; 3: one could not be judged, or nothing was tried. */
export function exitCodeOfRows(rows: readonly SelftestRow[]): number {
  const has = (outcome: SelftestRow['outcome']) => rows.some((row) => row.outcome === outcome);
  if (has('error') || !has('killed')) return has('survived') && !has('error') ? exitCodes.failed : exitCodes.notJudged;
  const isSurprising = rows.some(({ blastRadius }) => (blastRadius?.unexplained.length ?? 0) > 0);
  return has('survived') || isSurprising ? exitCodes.failed : exitCodes.ok;
}
