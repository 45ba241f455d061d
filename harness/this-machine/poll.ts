import { setTimeout as delay } from 'node:timers/promises';

export type PollOptions = {
  readonly withinMs: number;
  readonly everyMs: number;
  /** nobody waits for the answer any more */
  readonly signal?: AbortSignal | undefined;
};

type Falsy = false | null | undefined | 0 | '';

/**
 * Asks until the answer is something, and gives it: `await pollUntil(() => isGone(), { withinMs: 5_000, everyMs: 50 })`.
 * Asks once at least; undefined where it never was within that time. What `ask` throws is thrown.
 */
export async function pollUntil<T>(
  ask: () => T | Promise<T>,
  { withinMs, everyMs, signal }: PollOptions,
): Promise<Exclude<T, Falsy> | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, Falsy>;
    if (performance.now() >= deadline || signal?.aborted) return undefined;
    await delay(everyMs, undefined, signal && { signal }).catch(() => undefined);
  }
}
