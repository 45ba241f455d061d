import type { DeclaredCheck } from '../../checks/check.ts';
import { failureOf } from '../../checks/expect.ts';
import { messageOf } from '../../messages/error-text.ts';
import { type View, viewOf } from '../../verdicts/triage.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import { Blocked, endsTheRun } from '../verify/preconditions.ts';
import { type ModeContext, verifyOnce, verifyWhenPossible } from '../verify/verify.ts';

/**
 * Looks at a judged check from elsewhere: the user without Docker, then a rootful daemon, which is behind the target's
 * socket unless `noRootful` says why not. Sets the test's meta; judges nothing, so that only a lost target is thrown.
 */
export async function takeTriageViews(check: DeclaredCheck, mode: ModeContext, noRootful?: string): Promise<void> {
  const outOfTime: View = { seen: 'not taken', detail: 'timed out' };
  const views = { bare: outOfTime, rootful: outOfTime };
  mode.context.task.meta.views = views;
  mode.evidence.note('--- the user without Docker');
  views.bare = await bareView(check, mode);
  mode.evidence.note('--- a rootful daemon');
  views.rootful = await rootfulView(check, mode, noRootful);
  for (const [name, { seen, detail }] of Object.entries(views)) {
    mode.evidence.note(`${name}: ${seen}${detail === undefined ? '' : `: ${detail}`}`);
  }
}

const notTaken = (detail: string): View => ({ seen: 'not taken', detail });

async function bareView(check: DeclaredCheck, mode: ModeContext): Promise<View> {
  const look = check.triage?.withoutDocker;
  if (!look) return notTaken('no observation without Docker is declared');
  let view = notTaken('no answer');
  const verify: DeclaredCheck['verify'] = async (context) => {
    const { works, saw } = await look(context);
    view = { seen: works ? 'works' : 'fails', detail: saw };
  };
  return await verifyOnce({ ...check, verify }, mode).then(() => view, failedLook);
}

async function rootfulView(check: DeclaredCheck, mode: ModeContext, noRootful?: string): Promise<View> {
  const { level, triage } = check;
  if (triage?.notRootful !== undefined) return { seen: 'does not apply', detail: triage.notRootful };
  if (noRootful !== undefined) return notTaken(noRootful);
  try {
    await verifyWhenPossible(check, mode);
    return viewOf({ level, verdict: 'pass' });
  } catch (error) {
    if (verdictOf(error) !== 'fail') return failedLook(error);
    const { finding } = failureOf(error);
    return viewOf({ level, verdict: 'fail', reason: messageOf(error), ...(finding ? { finding } : {}) });
  }
}

/** What is no assertion says nothing of the host; what it was is in the evidence. */
function failedLook(error: unknown): View {
  if (endsTheRun(error)) throw error;
  const isDown = error instanceof Blocked && error.by === 'SOCK-PATH';
  const why = isDown ? 'the rootful daemon does not answer' : messageOf(error);
  return notTaken(`could not be observed: ${why}`);
}
