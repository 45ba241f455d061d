import { expect, test as it } from 'vitest';
import type { RestartableTarget, VerifyContext } from '../../../harness/checks/index.ts';
import { observedOnce } from './observe-once.ts';

const on = (name: string, ...judged: readonly string[]) =>
  ({
    target: { name },
    note: () => {},
    alsoJudged: (id: string) => judged.includes(id),
  }) as unknown as VerifyContext<RestartableTarget>;

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

it('what another check wants is done where that one is judged too, else that one has an observation of its own', async () => {
  const read = observedOnce(async (_, isFor) => ['A', 'B'].filter(isFor).join(''));
  expect([await read('A', on('m', 'B')), await read('B', on('m', 'A'))]).toEqual(['AB', 'AB']);
  expect([await read('A', on('n')), await read('B', on('n'))]).toEqual(['A', 'B']);
});
