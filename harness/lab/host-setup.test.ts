import { expect, test as it } from 'vitest';
import { doctorHost, installerOf } from './host-setup.ts';

it.each([
  ['ID=debian\n', 'apt'],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt'],
  ['ID=fedora\n', 'dnf'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf'],
  ['ID=arch\n', 'pacman'],
  ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'zypper'],
  ['ID=alpine\n', undefined],
  ['', undefined],
])('%j is set up with %s', (osRelease, installer) => {
  expect(installerOf(osRelease)).toBe(installer);
});

it('every need has a name and a command to paste', () => {
  for (const need of doctorHost()) {
    expect(need.what).not.toBe('');
    expect(need.remedy).toMatch(/ (install|-S) .*[a-z]/);
  }
});
