import type { DeclaredCheck } from '../../checks/check.ts';
import { countAssertions, failureOf } from '../../checks/expect.ts';
import { messageOf } from '../../messages/error-text.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import { requireRoom } from '../verify/disk-space.ts';
import { endsTheRun, isTimeout, unanswered } from '../verify/lost-target.ts';
import { Blocked } from '../verify/preconditions.ts';
import { type ModeContext, verifyWhenPossible } from '../verify/verify.ts';

/** Is the claim true on this target? Sets the verdict in the test's meta and lets vitest see the failure. */
export async function runConformance(check: DeclaredCheck, mode: ModeContext): Promise<void> {
  const { context } = mode;
  const { meta } = context.task;
  skipUnlessApplicable(check, mode);
  try {
    // counted here: vitest counts for one test at a time, and some are judged side by side
    const assertions = await countAssertions(() => verifyWhenPossible(check, mode));
    if (assertions === 0) throw new RdcError('REPORT', `${check.id} made no assertion: nothing was judged`);
    meta.verdict = 'pass';
  } catch (thrown) {
    const error = await rootOf(thrown, check, mode.target);
    if (error instanceof Blocked) {
      Object.assign(meta, { verdict: 'blocked', blockedBy: error.by, reason: error.message });
      context.skip(error.message);
    }
    skipWithoutRoot(error, mode);
    Object.assign(meta, { verdict: verdictOf(error), reason: messageOf(error) });
    const { finding } = failureOf(error);
    if (finding) meta.finding = finding;
    throw error;
  }
}

/** A run may have no way to be root on a host (`--root-via`); what could not be looked at says nothing about the host. */
function skipWithoutRoot(error: unknown, { context }: ModeContext): void {
  if (!(error instanceof RdcError) || error.code !== 'ROOT') return;
  const reason = `needs root: ${error.message}`;
  Object.assign(context.task.meta, { verdict: 'skip', reason });
  context.skip(reason);
}

/** On a full disk a check fails for the wrong reason, which would be a wrong verdict on its claim. */
async function rootOf(thrown: unknown, check: DeclaredCheck, target: Target): Promise<unknown> {
  if (endsTheRun(thrown)) return thrown;
  try {
    await requireRoom(target);
    return thrown;
  } catch (why) {
    // each check after it would wait for all that it asks: hours, for nothing
    if (isTimeout(thrown) && isTimeout(why))
      return unanswered(target.name, thrown.message.replace(/^\[\w+\] /, ''), thrown);
    // it may be for lack of room, and nobody can tell
    if (why instanceof RdcError && why.code === 'FACTS') return notToldRoom(thrown, why);
    const isExplained = why instanceof Blocked && why.by !== check.id;
    return endsTheRun(why) || isExplained ? why : thrown;
  }
}

function notToldRoom(thrown: unknown, why: RdcError): RdcError {
  return new RdcError('FACTS', `${why.message.replace(/^\[\w+\] /, '')}, after: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

/** Ends the test as skipped, with the reason, where the claim is not made on such a host. */
export function skipUnlessApplicable(check: DeclaredCheck, { context, host }: ModeContext): void {
  const applies = check.applies?.({ host }) ?? true;
  if (applies === true) return;
  Object.assign(context.task.meta, { verdict: 'skip', reason: applies });
  context.skip(applies);
}
