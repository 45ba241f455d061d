import type { TestContext } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { type Failure, failureOf } from '../../checks/expect.ts';
import { messageOf } from '../../messages/error-text.ts';
import { type ErrorCode, hasCode, RdcError } from '../../messages/errors.ts';
import { refuseChange } from '../../target-host/access/read-only.ts';
import type { RestartableTarget } from '../../target-host/access/target.ts';
import type { HostFacts } from '../../target-host/facts/host-facts.ts';
import { verdictOf } from '../../verdicts/verdict.ts';
import type { Evidence } from './evidence.ts';
import { Blocked, requireDaemon } from './preconditions.ts';
import { meaningOfRefusal } from './refused-container.ts';

export type Mode = {
  readonly evidence: Evidence;
  readonly host: HostFacts;
  readonly target: RestartableTarget;
  /** checks that are judged with this one, as the host is; under a fault those that share it */
  readonly alsoJudged?: ReadonlySet<string>;
};
export type ModeContext = Mode & { readonly context: TestContext };

/** Called at each stage that `verify` names; a fault is injected at its own, and says how it is taken back. */
export type InjectAtStage = (stage: string) => Promise<(() => Promise<unknown>) | undefined>;

/**
 * Runs `verify` once and takes back what it changed. A failed undo is an error whether the claim held or not: the
 * checks after it would judge a changed machine.
 */
export async function verifyOnce(check: DeclaredCheck, mode: Mode, inject?: InjectAtStage): Promise<void> {
  const { target, host, evidence } = mode;
  const undos: (() => Promise<unknown>)[] = [];
  let failure: Failed | undefined;
  try {
    await check.verify({
      target,
      host,
      // taken back in its turn: what was deferred before the fault finds the machine as it was then
      async stage(name) {
        const undo = await inject?.(name);
        if (undo) undos.push(undo);
      },
      defer(undo) {
        refuseChange(target, 'a change that is to be taken back');
        undos.push(undo);
      },
      alsoJudged: (id) => mode.alsoJudged?.has(id) ?? false,
      note: (text) => evidence.note(text),
    });
  } catch (thrown) {
    failure = { thrown };
  }
  const left = await failuresOf(undos.reverse());
  if (left.length > 0) throw meaningOfLeft(left, failure, { id: check.id, evidence });
  // with everything taken back: what the check did is not to be what keeps other containers from starting
  if (failure) throw await meaningOfRefusal(failure.thrown, check, target);
}

type Failed = { readonly thrown: unknown };

async function failuresOf(undos: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const undo of undos) await Promise.try(undo).catch((error: unknown) => failures.push(error));
  return failures;
}

/** What is thrown of a check whose undos failed so. */
function meaningOfLeft(
  left: readonly unknown[],
  failure: Failed | undefined,
  { id, evidence }: { id: string; evidence: Evidence },
): unknown {
  const [cause] = left;
  const isAll = (code: ErrorCode) => left.every((error) => hasCode(error, code));
  // a claim that was found not to hold is not passed over for it
  if (isAll('ROOT') && (!failure || hasCode(failure.thrown, 'ROOT'))) {
    evidence.note("left behind: undoing this check's changes needs root");
    const what = "undoing the check's changes needs root; some are left on the target";
    return new RdcError('ROOT', what, { cause, hint: '--root-via sudo|ssh' });
  }
  // the checks that need the daemon are blocked by that, and it may be the very finding
  if (isAll('DAEMON_DOWN') && failure && verdictOf(failure.thrown) === 'fail') {
    evidence.note('left behind: the daemon did not come back after this check');
    return failure.thrown;
  }
  const also = failure ? `, after: ${messageOf(failure.thrown)}` : '';
  return new RdcError('COMMAND', `${id} could not undo its changes${also}`, { cause });
}

export async function verifyWhenPossible(check: DeclaredCheck, mode: Mode, inject?: InjectAtStage): Promise<void> {
  if (check.needsDaemon) await requireDaemon(mode.target);
  await verifyOnce(check, mode, inject);
}

export type Observed = {
  readonly verdict: 'pass' | 'fail' | 'error' | 'blocked';
  readonly message: string;
  readonly blockedBy?: string;
  readonly failure?: Failure;
};

/** Judges a check once, as it stands; nothing is thrown. */
export async function observe(check: DeclaredCheck, mode: Mode, inject?: InjectAtStage): Promise<Observed> {
  try {
    await verifyWhenPossible(check, mode, inject);
    return { verdict: 'pass', message: '' };
  } catch (error) {
    if (error instanceof Blocked) return { verdict: 'blocked', message: error.message, blockedBy: error.by };
    return { verdict: verdictOf(error), message: messageOf(error), failure: failureOf(error) };
  }
}
