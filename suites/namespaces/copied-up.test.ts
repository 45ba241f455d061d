import { expect, test as it } from 'vitest';
import { parseCopiedUp } from './copied-up.ts';

// as a container on Debian 12 answers
it('folders of links on a tmpfs are copied up', () => {
  expect(parseCopiedUp('etc tmpfs 149 links\nrun tmpfs 20 links\n')).toEqual(['etc', 'run']);
});

it("the host's own folders are not, nor a tmpfs without such links, nor what took no write", () => {
  expect(parseCopiedUp('etc ext2/ext3 0 links\nrun tmpfs 0 links\n')).toEqual([]);
  expect(parseCopiedUp('')).toEqual([]);
});
