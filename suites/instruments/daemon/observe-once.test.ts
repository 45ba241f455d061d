import { expect, test as it } from 'vitest';
import type { RestartableTarget, VerifyContext } from '../../../harness/checks/index.ts';
import { observedOnce } from './observe-once.ts';

const on = (name: string) => ({ target: { name }, note: () => {} }) as unknown as VerifyContext<RestartableTarget>;

it('two checks read one observation, and a check that comes back has a new one made', async () => {
  let taken = 0;
  const read = observedOnce(async () => ++taken);
  expect([await read('A', on('m')), await read('B', on('m'))]).toEqual([1, 1]);
  // under a fault that both share, and after it
  expect([await read('A', on('m')), await read('B', on('m')), await read('B', on('m'))]).toEqual([2, 2, 3]);
  expect(await read('A', on('m'))).toBe(3);
});

it('each target has its own', async () => {
  const read = observedOnce(async ({ target }) => target.name);
  expect([await read('A', on('one')), await read('B', on('two'))]).toEqual(['one', 'two']);
});

it('what failed is not handed on', async () => {
  let taken = 0;
  const read = observedOnce(async () => {
    if (++taken === 1) throw new Error('lost');
    return taken;
  });
  await expect(read('A', on('m'))).rejects.toThrow('lost');
  expect(await read('B', on('m'))).toBe(2);
});
