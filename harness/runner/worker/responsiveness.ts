import type { Target } from '../../target-host/access/target.ts';
import { isTimeout, unanswered } from '../verify/lost-target.ts';

/** Before the end of a check's time; a command that does nothing has most of it to be answered. */
const marginMs = 20_000;

export type Patience = {
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
  const margin = Math.min(marginMs, limitMs / 2);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const ask = async () => {
      const { name, shell } = await target();
      await shell('true', { timeoutMs: margin * 0.75 }).catch((cause) => {
        if (isTimeout(cause)) reject(unanswered(name, `${id} used up its ${Math.round(limitMs / 1000)} s`, cause));
      });
    };
    // who has no connection to ask over ends by what ended that
    timer = setTimeout(() => void ask().catch(() => {}), limitMs - margin);
  });
  try {
    await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
