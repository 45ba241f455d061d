import { AsyncLocalStorage } from 'node:async_hooks';
import { expect as vitestExpect } from 'vitest';

const counter = new AsyncLocalStorage<{ assertions: number }>();

/** vitest's `expect`, which also counts for whoever judges several checks at once: vitest counts for one test at a time. */
export const expect: typeof vitestExpect = new Proxy(vitestExpect, {
  apply(target, self, words: Parameters<typeof vitestExpect>) {
    const count = counter.getStore();
    if (count) count.assertions += 1;
    return Reflect.apply(target, self, words);
  },
});

/** Does the work and resolves to the number of assertions that it made, and nothing beside it. */
export async function countAssertions(work: () => Promise<void>): Promise<number> {
  const count = { assertions: 0 };
  await counter.run(count, work);
  return count.assertions;
}
