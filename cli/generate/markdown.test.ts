import { expect, test as it } from 'vitest';
import { table, withSection } from './markdown.ts';

it('a section takes the place of the one with its name, the others stay', () => {
  const once = withSection('# Page\n', 'a', 'first');
  const both = withSection(once, 'b', 'second');
  expect(withSection(both, 'a', 'third')).toBe(
    '# Page\n\n<!-- a -->\nthird\n<!-- /a -->\n\n<!-- b -->\nsecond\n<!-- /b -->\n',
  );
});

it('a bar in a cell does not end the cell', () => {
  const rows = [
    ['x', 'y'],
    ['a|b', '1'],
  ];
  expect(table(rows)).toBe('| x | y |\n|---|---:|\n| a\\|b | 1 |');
  expect(table(rows, 'left')).toContain('|---|---|\n');
});
