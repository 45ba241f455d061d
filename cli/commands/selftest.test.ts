import { expect, test as it } from 'vitest';
import { command as selftestCommand } from './selftest.ts';

it.each([
  [['--blast-radius', 'no-such-machine'], "[UNKNOWN_TARGET] unknown machine 'no-such-machine'"],
  [['no-such-machine', '--blast-radius', 'all'], '[UNKNOWN_TARGET]'],
  [['--blast-radius', '--resume', 'no-such-machine'], '[UNKNOWN_TARGET]'],
  [['--blast-radius=some'], '[USAGE] --blast-radius is "some"; allowed: read-only, all'],
  [['--blast-radius='], '[USAGE] --blast-radius is empty'],
  [['--gate', 'MUST'], "[USAGE] unknown option '--gate'"],
  [['a', 'b'], '[USAGE] rdc selftest takes one argument (got: a b)'],
])('%j is understood, or refused', async (words, message) => {
  await expect(selftestCommand.run(words)).rejects.toThrow(message);
});
