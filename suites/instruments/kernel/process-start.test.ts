import { expect, test as it } from 'vitest';
import { parseStart } from './process-start.ts';

const stat =
  '4308 (rootlesskit) S 3970 4308 4308 0 -1 4194560 3026 96240 0 89 12 30 420 190 20 0 11 0 8123 1265991680 2500 18446744073709551615 1 1 0 0 0 0 0 0 2143420159 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0';

it('the start of a process, whatever its name is', () => {
  expect(parseStart(stat)).toBe(8123);
  expect(parseStart(stat.replace('(rootlesskit)', '(a) b (c))'))).toBe(8123);
  expect(parseStart('')).toBeNull();
});
