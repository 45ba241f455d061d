import { setTimeout as delay } from 'node:timers/promises';

export type PollOptions = {
  readonly withinMs: number;
  readonly everyMs: number;
  /** nobody waits for the answer any more */
  readonly signal?: AbortSignal | undefined;
};

type Falsy = false | null | undefined | 0 | '';

/**
 * Asks, once at least, until the answer is something, and gives it; undefined where it never was within that time.
 * `await pollUntil(() => isGone(), { withinMs: 5_000, everyMs: 50 })`
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

/** The end of `work`. When it takes longer than that, `late` may throw an error to end with instead. */
export async function failWhenLate<T>(work: Promise<T>, ms: number, late: () => void | Promise<void>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const failure = new Promise<never>((_, reject) => {
    timer = setTimeout(() => void Promise.try(late).catch(reject), ms);
  });
  try {
    return await Promise.race([work, failure]);
  } finally {
    clearTimeout(timer);
  }
}
