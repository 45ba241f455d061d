import { expect, test as it } from 'vitest';
import { parse } from 'yaml';
import { ciMatrix } from '../../harness/lab/catalog/ci-matrix.ts';
import { command as listCommand } from './list.ts';

const names = ['debian-12', 'debian-13'];
const many = (count: number) => Array.from({ length: count }, (_, index) => `machine-${index}`);

it('github takes one line that is a matrix', () => {
  const text = ciMatrix('github', names);
  expect(text.split('\n')).toEqual([expect.any(String), '']);
  expect(JSON.parse(text)).toEqual({ machine: names });
});

it('gitlab takes a file with a hidden job', () => {
  expect(parse(ciMatrix('gitlab', names))).toEqual({ '.rdc-machines': { parallel: { matrix: [{ MACHINE: names }] } } });
});

it.each([
  ['github', 256],
  ['gitlab', 200],
])('%s takes %i machines and no more', (format, limit) => {
  expect(ciMatrix(format, many(limit))).toContain(`machine-${limit - 1}`);
  expect(() => ciMatrix(format, many(limit + 1))).toThrow(
    `[CONFIG] ${limit + 1} machines: a matrix of ${format} has at most ${limit} jobs`,
  );
});

it.each(['jenkins', 'constructor', ''])('%j is no engine', (format) => {
  expect(() => ciMatrix(format, names)).toThrow(`--format is ${JSON.stringify(format)}; allowed: github, gitlab`);
});

it.each([[['--format', 'github']], [['--machines', '--json', '--format', 'github']]])(
  'rdc list %j is refused',
  async (words) => {
    await expect(listCommand.run(words)).rejects.toThrow(
      '[USAGE] --format needs --machines, and cannot be used with --json',
    );
  },
);
