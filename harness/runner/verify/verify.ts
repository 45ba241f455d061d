import type { TestContext } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { messageOf } from '../../messages/error-text.ts';
import { RdcError } from '../../messages/errors.ts';
import { refuseChange } from '../../target-host/access/read-only.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import type { HostFacts } from '../../target-host/facts/host-facts.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import type { Evidence } from './evidence.ts';
import { requireDaemon } from './preconditions.ts';
import { meaningOfRefusal } from './refused-container.ts';

/** Called at each stage that `verify` names; a fault is injected at its own, and says how it is taken back. */
export type InjectAtStage = (stage: string) => Promise<(() => Promise<void>) | undefined>;

/**
 * Runs `verify` once and takes back what it changed. A failed undo is an error whether the claim held or not:
 * the checks after it would judge a changed machine. Where there is no root to undo it, that is what is
 * said (ROOT); a claim that was found not to hold is not passed over for it. Nor where all that cannot be brought back is
 * a daemon that is down for good: the checks that need it are blocked by that, and it may be the very finding.
 */
export async function verifyOnce(
  check: DeclaredCheck,
  mode: Omit<ModeContext, 'context'>,
  inject?: InjectAtStage,
): Promise<void> {
  const undos: (() => Promise<unknown>)[] = [];
  let failure: unknown;
  let hasFailed = false;
  try {
    await check.verify({
      target: mode.target,
      host: mode.host,
      // taken back in its turn: what was deferred before the fault finds the machine as it was then
      async stage(name) {
        const undo = await inject?.(name);
        if (undo) undos.push(undo);
      },
      defer(undo) {
        refuseChange(mode.target, 'a change that is to be taken back');
        undos.push(undo);
      },
      alsoJudged: (id) => mode.alsoJudged?.has(id) ?? false,
      note: (text) => mode.evidence.note(text),
    });
  } catch (error) {
    failure = error;
    hasFailed = true;
  }
  const undoFailures = await runAll(undos.reverse());
  if (undoFailures.length > 0 && undoFailures.every(isRootMissing) && (!hasFailed || isRootMissing(failure))) {
    mode.evidence.note("left behind: undoing this check's changes needs root");
    const what = "undoing the check's changes needs root; some are left on the target";
    throw new RdcError('ROOT', what, { cause: undoFailures[0], hint: '--root-via sudo|ssh' });
  }
  const isFound = hasFailed && verdictOf(failure) === 'fail';
  if (undoFailures.length > 0 && isFound && undoFailures.every(isDaemonDown)) {
    mode.evidence.note('left behind: the daemon did not come back after this check');
    throw failure;
  }
  if (undoFailures.length > 0) {
    const also = hasFailed ? `, after: ${messageOf(failure)}` : '';
    throw new RdcError('COMMAND', `${check.id} could not undo its changes${also}`, { cause: undoFailures[0] });
  }
  // with everything taken back: what the check did is not to be what keeps other containers from starting
  if (hasFailed) throw await meaningOfRefusal(failure, check, mode.target);
}

/** This run has no root access to the target. */
const isRootMissing = (error: unknown) => error instanceof RdcError && error.code === 'ROOT';

/** However it was restarted, the daemon does not answer. */
const isDaemonDown = (error: unknown) => error instanceof RdcError && error.code === 'DAEMON_DOWN';

async function runAll(undos: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const undo of undos) {
    try {
      await undo();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

export type ModeContext = {
  readonly context: TestContext;
  readonly evidence: Evidence;
  readonly host: HostFacts;
  readonly target: RestartableTarget;
  /** checks that are judged with this one, as the host is; under a fault those that share it */
  readonly alsoJudged?: ReadonlySet<string>;
};

export async function verifyWhenPossible(
  check: DeclaredCheck,
  mode: Omit<ModeContext, 'context'>,
  inject?: InjectAtStage,
): Promise<void> {
  if (check.needsDaemon) await requireDaemon(mode.target);
  await verifyOnce(check, mode, inject);
}
