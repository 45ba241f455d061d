import { afterEach, beforeEach, expect, test as it, vi } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import { failWhenSilent } from './responsiveness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<void>(() => {});
const answer = { code: 0, stdout: '', stderr: '', truncated: false, durationMs: 1 };

function patienceOn(shell: () => Promise<typeof answer>) {
  const asked = vi.fn(shell);
  return {
    asked,
    patience: { id: 'DEV-GROUP', limitMs: 240_000, target: async () => ({ name: 'debian-13', shell: asked }) },
  };
}
const silent = () => Promise.reject(new RdcError('TIMEOUT', 'a command on debian-13 did not end within 15000 ms'));

it('a target without an answer when the time is almost over is lost', async () => {
  const { asked, patience } = patienceOn(silent);
  const end = expect(failWhenSilent(never, patience)).rejects.toMatchObject({
    code: 'LOST',
    message: expect.stringContaining('debian-13 stopped answering: DEV-GROUP used up its 240 s'),
  });
  await vi.advanceTimersByTimeAsync(219_000);
  expect(asked).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveBeenCalledWith('true', { timeoutMs: 15_000 });
  await end;
});

it.each([
  ['answers', async () => answer],
  ['cannot be asked', () => Promise.reject(new RdcError('TRANSPORT', 'debian-13 refused a session'))],
])('a check on a target that %s has the rest of its time', async (_, shell) => {
  const late = new Promise<void>((resolve) => setTimeout(resolve, 235_000));
  const end = failWhenSilent(late, patienceOn(shell).patience);
  await vi.advanceTimersByTimeAsync(236_000);
  await expect(end).resolves.toBeUndefined();
});

it('what the check ends with is what is said, and nobody is asked after it', async () => {
  const { asked, patience } = patienceOn(silent);
  await expect(failWhenSilent(Promise.reject(new Error('not so')), patience)).rejects.toThrow('not so');
  await expect(failWhenSilent(Promise.resolve(), patience)).resolves.toBeUndefined();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(asked).not.toHaveBeenCalled();
});
