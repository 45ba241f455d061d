import { expect, test as it } from 'vitest';
import { parseStateDirectory } from './state-directory.ts';

it.each([
  [
    'before 29.5',
    'child 4326\nparent 4308\nlock 4308\n',
    { child: 4326, parentOfChild: 4308, lockHolder: 4308, netns: null },
  ],
  [
    'with a network namespace of its own for containers',
    'child 4326\nparent 4308\nlock 4308\nnetns nsfs\n',
    { child: 4326, parentOfChild: 4308, lockHolder: 4308, netns: 'nsfs' },
  ],
  ['a child that is gone', 'child 4326\n', { child: 4326, parentOfChild: null, lockHolder: null, netns: null }],
  ['an empty directory', '', { child: null, parentOfChild: null, lockHolder: null, netns: null }],
])('%s', (_, text, state) => {
  expect(parseStateDirectory(text)).toEqual(state);
});
