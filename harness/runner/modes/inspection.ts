import type { DeclaredCheck } from '../../checks/check.ts';
import { countAssertions, failureOf } from '../../checks/expect.ts';
import { messageOf } from '../../messages/error-text.ts';
import { hasCode, RdcError } from '../../messages/errors.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import type { Watch } from '../../target-host/connection/connect.ts';
import { UnknownVersion } from '../../target-host/facts/deferred-versions.ts';
import type { HostFacts } from '../../target-host/facts/host-facts.ts';
import { failWhenLate } from '../../this-machine/poll.ts';
import { type CheckResult, verdictOf } from '../../verdicts/verdict.ts';
import { Evidence } from '../verify/evidence.ts';
import { Blocked } from '../verify/preconditions.ts';
import { verifyWhenPossible } from '../verify/verify.ts';

export type Inspection = Pick<CheckResult, 'verdict' | 'reason' | 'finding' | 'blockedBy' | 'durationMs'> & {
  readonly evidence: Evidence;
  /** the connection to the target broke off: nothing more can be judged */
  readonly lost?: string;
};

export type InspectionView = {
  readonly host: HostFacts;
  /** the target as one check sees it, which refuses every change */
  readonly observedBy: (watch: Watch) => RestartableTarget;
  readonly limitMs?: number;
  readonly onInspected?: (check: DeclaredCheck, inspection: Inspection) => void;
};

/**
 * Judges checks that are `readOnly`, all at once, without a runner: nothing that one of them does can be in the way
 * of another. The rules are the same: only `expect` makes fail, only `applies` makes skip, no assertion is an error.
 */
export async function inspectAll(
  checks: readonly DeclaredCheck[],
  view: InspectionView,
): Promise<ReadonlyMap<string, Inspection>> {
  const inspected = new Map<string, Inspection>();
  const inspectOne = async (check: DeclaredCheck) => {
    const evidence = new Evidence();
    const startedAt = performance.now();
    const said = await wordOn(check, { ...view, evidence });
    const one = { ...said, durationMs: Math.round(performance.now() - startedAt), evidence };
    inspected.set(check.id, one);
    view.onInspected?.(check, one);
  };
  await Promise.all(checks.map(inspectOne));
  return inspected;
}

type Word = Omit<Inspection, 'durationMs' | 'evidence'>;

async function wordOn(check: DeclaredCheck, view: InspectionView & { evidence: Evidence }): Promise<Word> {
  const { host, evidence, observedBy, limitMs = 60_000 } = view;
  try {
    const applies = check.applies?.({ host }) ?? true;
    if (applies !== true) return applies === '' ? errorWord('skipped without a reason') : skip(applies);
    const target = observedBy(evidence);
    if (!check.readOnly || !target.readOnly) throw new RdcError('READ_ONLY', `${check.id} is not a read-only check`);
    const judged = countAssertions(() => verifyWhenPossible(check, { evidence, host, target }));
    const assertions = await failWhenLate(judged, limitMs, () => {
      throw new RdcError('TIMEOUT', `${check.id} did not end within ${limitMs} ms`);
    });
    return assertions > 0 ? { verdict: 'pass' } : errorWord('no assertion was made');
  } catch (error) {
    if (!(error instanceof UnknownVersion)) return failureWord(error);
    // nothing was changed by what was asked so far: it can be asked again
    return await error.learn().then(() => wordOn(check, view), failureWord);
  }
}

const skip = (reason: string): Word => ({ verdict: 'skip', reason });
const errorWord = (reason: string): Word => ({ verdict: 'error', reason });

function failureWord(error: unknown): Word {
  const reason = messageOf(error);
  if (error instanceof Blocked) return { verdict: 'blocked', blockedBy: error.by, reason };
  // on a host in use one may have no right to be root; that says nothing about the host
  if (hasCode(error, 'ROOT')) return skip(`needs root: ${reason}`);
  if (hasCode(error, 'LOST')) return { verdict: 'error', reason, lost: reason };
  const { finding } = failureOf(error);
  return { verdict: verdictOf(error), reason, ...(finding ? { finding } : {}) };
}
