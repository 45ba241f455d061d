import { afterEach, expect, test as it, vi } from 'vitest';
import { asArguments, chooseProvider, labNameOf, parseLabName } from './provider-names.ts';

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['debian-13', 'libvirt', 'debian-13', 'debian-13'],
  ['debian-13', 'nspawn', 'debian-13.nspawn', 'debian-13 --provider nspawn'],
] as const)('%s by %s is %s in the lab', (machine, provider, labName, words) => {
  expect(labNameOf(machine, provider)).toBe(labName);
  expect(parseLabName(labName)).toEqual({ machine, provider });
  expect(asArguments(labName)).toBe(words);
});

it('the option counts before RDC_PROVIDER; a VM is the default', () => {
  vi.stubEnv('RDC_PROVIDER', '');
  expect(chooseProvider()).toBe('libvirt');
  vi.stubEnv('RDC_PROVIDER', 'nspawn');
  expect(chooseProvider()).toBe('nspawn');
  expect(chooseProvider('libvirt')).toBe('libvirt');
  vi.stubEnv('RDC_PROVIDER', 'lxc');
  expect(() => chooseProvider()).toThrow('[CONFIG] RDC_PROVIDER is "lxc"; allowed: libvirt, nspawn');
});
