import { expect, test as it } from 'vitest';
import { command as doctorCommand } from './doctor.ts';

it.each([
  [['--suite', 'ports'], '[USAGE] --suite needs a TARGET'],
  [['--json', '--no-color'], '[USAGE] --no-color needs a TARGET'],
  [['local', 'debian-13'], '[USAGE] rdc doctor takes one argument (got: local debian-13)'],
  [['--fresh'], "[USAGE] unknown option '--fresh'"],
])('%j is refused', async (words, message) => {
  await expect(doctorCommand.run(words)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(message),
  });
});
