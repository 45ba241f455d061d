import { hasCode } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import { failWhenLate } from '../../this-machine/poll.ts';
import { unanswered } from '../verify/preconditions.ts';

type Patience = {
  readonly id: string;
  /** the check's whole time: vitest ends it then, and goes on with the next */
  readonly limitMs: number;
  readonly target: () => Promise<Pick<Target, 'name' | 'shell'>>;
};

/**
 * The end of `work`, whatever it is. When almost all of the check's time is used up, the target is asked for a command
 * that does nothing: without an answer LOST is thrown, because each check that is left would use up its minutes too.
 * A target that answers was only slow, and the rest of the time is the check's.
 */
export async function failWhenSilent(work: Promise<void>, { id, limitMs, target }: Patience): Promise<void> {
  const marginMs = Math.min(20_000, limitMs / 2);
  await failWhenLate(work, limitMs - marginMs, async () => {
    // who has no connection to ask over ends by what ended that
    const asked = await target().catch(() => undefined);
    await asked?.shell('true', { timeoutMs: marginMs * 0.75 }).catch((cause: unknown) => {
      if (!hasCode(cause, 'TIMEOUT')) return;
      throw unanswered(asked.name, `${id} used up its ${Math.round(limitMs / 1000)} s`, cause);
    });
  });
}
