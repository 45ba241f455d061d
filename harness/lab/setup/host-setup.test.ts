import { expect, test as it } from 'vitest';
import { doctorHost, installerOf, needsOf } from './host-setup.ts';

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

it('unit tests install nothing that only a machine needs', () => {
  const packages = (purpose: Parameters<typeof needsOf>[0]) => needsOf(purpose).flatMap(({ apt }) => apt);
  const machines = [
    'systemd-container',
    'vagrant',
    'vagrant-libvirt',
    'libvirt-daemon-system',
    'dnsmasq-base',
    'mmdebstrap',
    'extlinux',
  ];
  const ofTests = ['qemu-utils', 'openssh-client', 'iproute2', 'mtools', 'gcc', 'libc6-dev', 'busybox-static'];
  expect(packages('tests')).toEqual(expect.arrayContaining([...machines, ...ofTests, 'chromium']));
  expect(packages('unit tests')).toEqual(expect.arrayContaining([...ofTests, 'chromium', 'python3']));
  expect(packages('unit tests').filter((name) => /qemu-system/.test(name) || machines.includes(name))).toEqual([]);
  expect(packages('lab')).not.toContain('chromium');
});

it('every need has a name and a command to paste', () => {
  for (const need of doctorHost()) {
    expect(need.what).not.toBe('');
    expect(need.remedy).toMatch(/ (install|-S) .*[a-z]/);
  }
});
