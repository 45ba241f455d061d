import { describe, expect, test as it } from 'vitest';
import { type Family, familyOf, packagesFor } from '../../this-machine/distribution.ts';
import { doctorHost, expectLinux } from './host-setup.ts';
import { needsOf, type Purpose } from './needs.ts';

it.each([
  ['ID=debian\n', 'debian'],
  ['ID=ubuntu\nID_LIKE=debian\n', 'ubuntu'],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'ubuntu'],
  ['ID=fedora\n', 'fedora'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'fedora'],
  ['ID=arch\n', 'arch'],
  ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'suse'],
  ['ID=alpine\n', 'alpine'],
  ['ID=nixos\n', undefined],
  ['', undefined],
])('%j is of the family %s', (osRelease, family) => {
  expect(familyOf(osRelease)).toBe(family);
});

it('unit tests install nothing that only a machine needs', () => {
  const packages = (purpose: Purpose) =>
    needsOf(purpose).flatMap((need) => need.packages.flatMap((name) => packagesFor(name, 'debian') ?? []));
  const machines = [
    'systemd-container',
    'vagrant',
    'vagrant-libvirt',
    'libvirt-daemon-system',
    'dnsmasq-base',
    'mmdebstrap',
    'grub-pc-bin',
  ];
  const ofTests = ['qemu-utils', 'openssh-client', 'iproute2', 'mtools', 'gcc', 'libc6-dev', 'busybox-static'];
  expect(packages('tests')).toEqual(expect.arrayContaining([...machines, ...ofTests, 'chromium']));
  expect(packages('unit tests')).toEqual(expect.arrayContaining([...ofTests, 'chromium', 'python3']));
  expect(packages('unit tests').filter((name) => /qemu-system/.test(name) || machines.includes(name))).toEqual([]);
  expect(packages('lab')).not.toContain('chromium');
});

const commands: readonly (readonly [Family, RegExp])[] = [
  ['debian', /apt-get install/],
  ['ubuntu', /apt-get install/],
  ['fedora', /dnf install/],
  ['suse', /zypper --non-interactive install/],
  ['alpine', /apk add|\.\/rdc run ssh:/],
  ['arch', /pacman -S/],
];

describe.each(commands)('on %s', (family, command) => {
  it('every need has a name and a command of that system to paste', () => {
    for (const need of doctorHost('tests', family)) {
      expect(need.what).not.toBe('');
      expect(need.remedy, need.what).toMatch(command);
      for (const [other, pattern] of commands)
        if (other !== family && String(pattern) !== String(command) && other !== 'alpine')
          expect(need.remedy, need.what).not.toMatch(pattern);
    }
  });
});

it('on macOS the needs are those of Vagrant with VirtualBox, by brew, and the lab is refused', () => {
  const needs = doctorHost('lab', 'macos');
  expect(needs.map(({ what }) => what)).toEqual(['Vagrant', 'VirtualBox', 'ssh']);
  for (const { remedy } of needs) expect(remedy).toMatch(/^brew install /);
  expect(() => expectLinux('darwin')).toThrow('[HOST_SETUP] the lab needs Linux');
  expect(() => expectLinux('linux')).not.toThrow();
});
