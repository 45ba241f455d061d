import { expect, test as it } from 'vitest';
import type { DeclaredCheck, Inject } from '../../checks/check.ts';
import { type Bystander, createBystanders } from './side-effects.ts';

const shared: Inject = async () => async () => {};
const another: Inject = async () => async () => {};
const check = (id: string, inject: Inject = another, alsoBreaks?: readonly string[]) =>
  ({
    id,
    fault: { inject, name: 'x', breaks: ['x'], ...(alsoBreaks ? { alsoBreaks } : {}) },
  }) as unknown as DeclaredCheck;

const pass: Bystander = { verdict: 'pass', message: '' };
const fail: Bystander = { verdict: 'fail', message: 'the value' };
const blocked: Bystander = { verdict: 'blocked', message: 'no daemon', blockedBy: 'SOCK-PATH' };

/** The machine as the bystanders see it, at each time they are judged. */
function bystandersSeeing(...times: readonly Readonly<Record<string, Bystander>>[]) {
  const left = [...times];
  const ids = Object.keys(times[0] ?? {});
  const checks = ids.map((id) => (id === 'A-TWIN' ? check(id, shared, ['B-NAMED-BY-TWIN']) : check(id)));
  const judged: string[][] = [];
  const bystanders = createBystanders(
    async (asked) => {
      judged.push(asked.map(({ id }) => id));
      const seen = left.shift() ?? {};
      return new Map(asked.map(({ id }) => [id, seen[id] ?? pass]));
    },
    async () => checks,
  );
  return { bystanders, judged };
}

it('a red that nobody explains is a finding', async () => {
  const before = { 'A-KILLED': pass, 'A-TWIN': pass, 'B-NAMED': pass, 'B-OTHER': pass, 'B-DOWN': pass, 'B-RED': fail };
  const under = { 'A-TWIN': fail, 'B-NAMED': fail, 'B-OTHER': fail, 'B-DOWN': blocked };
  const { bystanders, judged } = bystandersSeeing(before, under, {});
  await bystanders.learn();
  const effects = await bystanders.under([check('A-KILLED', shared, ['B-NAMED'])]);
  expect(judged[1], 'who is judged under the fault').toEqual(['A-TWIN', 'B-NAMED', 'B-OTHER', 'B-DOWN']);
  expect(effects).toEqual({
    judged: 4,
    explained: [
      { id: 'A-TWIN', because: 'has the same fault' },
      { id: 'B-NAMED', because: 'expected by the fault of A-KILLED' },
      { id: 'B-DOWN', because: 'blocked by SOCK-PATH' },
    ],
    unexplained: [{ id: 'B-OTHER', verdict: 'fail', message: 'the value' }],
  });
  expect(await bystanders.afterUndo(effects), 'all is as it was').toEqual(effects);
  expect(judged[2], 'who is judged again').toEqual(['A-TWIN', 'B-NAMED', 'B-OTHER', 'B-DOWN']);
});

it('what the undo does not bring back is a finding, however it was explained', async () => {
  const { bystanders } = bystandersSeeing({ 'A-TWIN': pass }, { 'A-TWIN': fail }, { 'A-TWIN': fail });
  const effects = await bystanders.under([check('A-KILLED', shared)]);
  expect(effects.unexplained).toEqual([]);
  expect(await bystanders.afterUndo(effects)).toEqual({
    judged: 1,
    explained: [],
    unexplained: [{ id: 'A-TWIN', verdict: 'fail', message: 'still red after the undo: the value' }],
  });
});

it('who is green is learnt once', async () => {
  const { bystanders, judged } = bystandersSeeing({ 'B-OTHER': pass });
  await bystanders.learn();
  await bystanders.learn();
  await bystanders.under([check('A-KILLED', shared)]);
  expect(judged).toHaveLength(2);
});

it('what one check says of its fault holds for all that share it', async () => {
  const { bystanders } = bystandersSeeing({ 'A-TWIN': pass, 'B-NAMED-BY-TWIN': pass }, { 'B-NAMED-BY-TWIN': fail });
  const { explained } = await bystanders.under([check('A-KILLED', shared)]);
  expect(explained).toEqual([{ id: 'B-NAMED-BY-TWIN', because: 'expected by the fault of A-TWIN' }]);
});
