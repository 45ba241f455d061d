import type { DeclaredCheck } from '../../checks/check.ts';
import { countAssertions, failureOf } from '../../checks/expect.ts';
import { messageOf } from '../../messages/error-text.ts';
import { hasCode, RdcError } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { requireRoom } from '../verify/disk-space.ts';
import { Blocked, endsTheRun, unanswered } from '../verify/preconditions.ts';
import { type ModeContext, verifyWhenPossible } from '../verify/verify.ts';

/** Is the claim true on this target? Sets the verdict in the test's meta and lets vitest see the failure. */
export async function runConformance(check: DeclaredCheck, mode: ModeContext): Promise<void> {
  const { meta } = mode.context.task;
  skipUnlessApplicable(check, mode);
  try {
    // counted here: vitest counts for one test at a time, and some are judged side by side
    const assertions = await countAssertions(() => verifyWhenPossible(check, mode));
    if (assertions === 0) throw new RdcError('REPORT', `${check.id} made no assertion: nothing was judged`);
    meta.verdict = 'pass';
  } catch (thrown) {
    const error = await rootOf(thrown, check, mode.target);
    const reason = messageOf(error);
    if (error instanceof Blocked) skip(mode, reason, { verdict: 'blocked', blockedBy: error.by });
    // a run may have no way to be root; what could not be looked at says nothing about the host
    if (hasCode(error, 'ROOT')) skip(mode, `needs root: ${reason}`);
    const { finding } = failureOf(error);
    Object.assign(meta, { verdict: verdictOf(error), reason, ...(finding ? { finding } : {}) });
    throw error;
  }
}

function skip({ context }: ModeContext, reason: string, more: CheckMeta = { verdict: 'skip' }): never {
  Object.assign(context.task.meta, { ...more, reason });
  return context.skip(reason);
}

/** On a full disk a check fails for the wrong reason, which would be a wrong verdict on its claim. */
async function rootOf(thrown: unknown, check: DeclaredCheck, target: Target): Promise<unknown> {
  if (endsTheRun(thrown)) return thrown;
  try {
    await requireRoom(target);
    return thrown;
  } catch (why) {
    const withoutCode = (error: RdcError) => error.message.replace(/^\[\w+\] /, '');
    // each check after it would wait for all that it asks: hours, for nothing
    if (hasCode(thrown, 'TIMEOUT') && hasCode(why, 'TIMEOUT'))
      return unanswered(target.name, withoutCode(thrown), thrown);
    // it may be for lack of room, and nobody can tell
    if (hasCode(why, 'FACTS'))
      return new RdcError('FACTS', `${withoutCode(why)}, after: ${messageOf(thrown)}`, { cause: thrown });
    const isExplained = why instanceof Blocked && why.by !== check.id;
    return endsTheRun(why) || isExplained ? why : thrown;
  }
}

export function skipUnlessApplicable(check: DeclaredCheck, mode: ModeContext): void {
  const applies = check.applies?.({ host: mode.host }) ?? true;
  if (applies !== true) skip(mode, applies);
}
