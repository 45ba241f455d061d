import { expect, test as it } from 'vitest';
import { waitForTurn } from './turns.ts';

const { signal } = new AbortController();
const after = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

it('the next one waits for one that is still at work, and for its undo', async () => {
  const log: string[] = [];
  const late = waitForTurn({ id: 'A-LATE', signal }, async () => {
    await after(200);
    log.push('late undone');
  });
  await after(10);
  await waitForTurn({ id: 'A-NEXT', signal }, async () => void log.push('next'));
  await late;
  expect(log).toEqual(['late undone', 'next']);
});

it('one that failed is no reason to wait or to fail', async () => {
  await expect(waitForTurn({ id: 'A-BAD', signal }, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  await expect(waitForTurn({ id: 'A-NEXT', signal }, async () => {})).resolves.toBeUndefined();
});

it('one whose time is over while it waits does not start', async () => {
  const late = waitForTurn({ id: 'A-LATE', signal }, () => after(200));
  await after(10);
  const own = new AbortController();
  let hasStarted = false;
  const next = waitForTurn({ id: 'A-NEXT', signal: own.signal }, async () => {
    hasStarted = true;
  });
  own.abort(new Error('timed out'));
  await expect(next).rejects.toThrow('timed out');
  await late;
  expect(hasStarted).toBe(false);
});

it('who waits in vain is an error, those after it at once, and it goes on when the end comes', async () => {
  let finish = () => {};
  const stuck = waitForTurn(
    { id: 'A-STUCK', signal },
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  await after(10);
  const next = () => waitForTurn({ id: 'A-NEXT', signal, patienceMs: 100 }, async () => {});
  await expect(next()).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('A-STUCK') });
  const startedAt = Date.now();
  await expect(waitForTurn({ id: 'A-MORE', signal }, async () => {})).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(Date.now() - startedAt).toBeLessThan(5000);
  finish();
  await stuck;
  await expect(next()).resolves.toBeUndefined();
});

it('side by side they do not wait for each other, and nobody else starts meanwhile', async () => {
  const log: string[] = [];
  const beside = (id: string, delayMs: number) =>
    waitForTurn({ id, signal, isConcurrent: true }, async () => {
      log.push(`${id} begins`);
      await after(delayMs);
      log.push(`${id} ends`);
    });
  const both = [beside('A-ONE', 150), beside('A-TWO', 100)];
  await after(10);
  const alone = waitForTurn({ id: 'A-ALONE', signal }, async () => void log.push('A-ALONE'));
  await Promise.all([...both, alone]);
  expect(log).toEqual(['A-ONE begins', 'A-TWO begins', 'A-TWO ends', 'A-ONE ends', 'A-ALONE']);
  const late = waitForTurn({ id: 'A-LATE', signal }, () => after(100));
  await after(10);
  const startedAt = Date.now();
  await beside('A-THREE', 0);
  expect(Date.now() - startedAt, 'ms that it waited').toBeGreaterThan(50);
  await late;
});
