import { execFileSync } from 'node:child_process';
import { expect, test as it } from 'vitest';
import { parseRuns, runFunction } from './shipped-scripts.ts';

it('what a shell says of the commands it ran is what is read', () => {
  const script = `${runFunction}\nrun yes echo fine\nrun no sh -c 'echo a; echo b >&2; exit 3'\nrun absent /nonexistent/x\nrun silent true`;
  const runs = parseRuns(execFileSync('sh', ['-c', script], { encoding: 'utf8' }));
  expect(runs('yes')).toEqual({ code: 0, text: 'fine' });
  expect(runs('no')).toEqual({ code: 3, text: 'a\nb' });
  expect(runs('absent').code).toBe(127);
  expect(runs('silent')).toEqual({ code: 0, text: '' });
});

it('a command that was never run did not succeed', () => {
  expect(parseRuns('')('check')).toEqual({ code: 127, text: '' });
});
