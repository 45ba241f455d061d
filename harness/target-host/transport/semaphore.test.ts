import { expect, test as it } from 'vitest';
import { createSemaphore } from './semaphore.ts';

it('never more than its places, in the order they came, also after a failure', async () => {
  const semaphore = createSemaphore(3);
  const order: number[] = [];
  let now = 0;
  let most = 0;
  const tasks = Array.from({ length: 20 }, (_, index) =>
    semaphore.use(async () => {
      order.push(index);
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now -= 1;
      if (index % 4 === 0) throw new Error('x');
    }),
  );
  const settled = await Promise.allSettled(tasks);
  expect(most).toBe(3);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  expect(await semaphore.use(async () => 'free')).toBe('free');
});
