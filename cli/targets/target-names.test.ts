import { userInfo } from 'node:os';
import { expect, test as it } from 'vitest';
import { resolveTargets } from './target-names.ts';

it('nothing is the default machine', () => {
  expect(resolveTargets([])).toMatchObject([{ kind: 'machine', name: 'debian-13', machine: { name: 'debian-13' } }]);
});

it('each target once, in the order of the command line', () => {
  const names = resolveTargets(['debian-12', 'local', 'debian-11', 'debian-12']).map(({ name }) => name);
  expect(names).toEqual(['debian-12', `local-${userInfo().username}`, 'debian-11']);
});

it.each([
  ['ssh://tester@host.example', { user: 'tester', host: 'host.example', name: 'tester@host.example' }],
  ['ssh://a.b-c@10.0.0.1:2222', { user: 'a.b-c', host: '10.0.0.1', port: 2222, name: 'a.b-c@10.0.0.1_2222' }],
  ['ssh://u@[fe80::1]:22/', { host: 'fe80::1', name: 'u@fe80__1' }],
])('%s', (word, parts) => {
  expect(resolveTargets([word])).toMatchObject([{ kind: 'ssh', ...parts }]);
});

it.each([
  'ssh://',
  'ssh://a@b/c',
  'ssh://a@b:port',
  'ssh://-oProxyCommand=x@h',
  'ssh://a@-oProxyCommand',
  'ssh://a@b:0',
  'ssh://a@b:99999',
  'debian-99',
  '',
  '../x',
])('%j is no target', (word) => {
  expect(() => resolveTargets([word])).toThrow('[UNKNOWN_TARGET]');
});
