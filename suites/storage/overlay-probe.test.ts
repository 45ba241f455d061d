import { expect, test as it } from 'vitest';
import { parseOverlayProbe } from './overlay-probe.ts';

it.each([
  [
    'mounted',
    'inside\ncopied\nwhiteout character special file 0:0\n',
    { isInside: true, refusal: null, copiedUp: true, whiteout: 'character special file 0:0' },
  ],
  [
    'refused by the kernel',
    'inside\nrefusal mount: m: unknown filesystem type.\n',
    { isInside: true, refusal: 'mount: m: unknown filesystem type.', copiedUp: false, whiteout: 'nothing' },
  ],
  ['no namespace to try it in', '', { isInside: false, refusal: null, copiedUp: false, whiteout: 'nothing' }],
])('%s', (_, text, probe) => {
  expect(parseOverlayProbe(text)).toEqual(probe);
});
