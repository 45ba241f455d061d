import { expect, test as it } from 'vitest';
import { parseNamespaces } from './hermetic-lab.ts';
import { membersOf, namespacesOf } from './lab-processes.ts';

const state = { pid: 20871, startTime: '150345', net: 'net:[4026532621]', mnt: 'mnt:[4026532620]' };

it('a lab is known by both of its namespaces', () => {
  expect(parseNamespaces(JSON.stringify(state))).toEqual({ net: state.net, mnt: state.mnt });
});

it.each([
  '',
  '{"net": "net:[1]", "mnt": "mnt:[2]"}',
  JSON.stringify({ ...state, mnt: undefined }),
  JSON.stringify({ ...state, net: 'net:[1] 2' }),
])('%j names no lab', (text) => {
  expect(parseNamespaces(text)).toBeUndefined();
});

it('one matching namespace does not make a member', () => {
  const own = namespacesOf(process.ppid);
  expect(own).toBeDefined();
  if (!own) return;
  expect(membersOf(own)).toContain(process.ppid);
  expect(membersOf({ ...own, mnt: 'mnt:[1]' })).toEqual([]);
});

it('what a lab of before the last boot of the host names may be others’ namespaces now', () => {
  const text = JSON.stringify({ ...state, startedAt: '2026-11-22T08:00:00.000Z' });
  expect(parseNamespaces(text, Date.parse('2026-11-22T07:00:00Z'))).toEqual({ net: state.net, mnt: state.mnt });
  expect(parseNamespaces(text, Date.parse('2026-11-22T09:00:00Z'))).toBeUndefined();
});
