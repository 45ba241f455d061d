import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { PackageName } from '../../this-machine/packages.ts';
import { hasStaticBusybox } from '../../this-machine/static-program.ts';
import { hasLibvirtProvider, isUpstreamVagrant } from './vagrant-provider.ts';

/** Something that a purpose needs: a way to see that it is there, and its packages (names: harness/this-machine/packages.ts). */
export type Need = {
  readonly what: string;
  readonly found: () => boolean;
  readonly packages: readonly PackageName[];
};

/** What this machine is for: runs on VMs of the lab, on its containers, the project's own tests (on both), or those of them that start no machine. */
export type Purpose = 'lab' | 'containers' | 'tests' | 'unit tests';

const searched = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
export const find = (command: string): string | undefined =>
  searched.map((folder) => join(folder || '/nowhere', command)).find((file) => existsSync(file));
const onPath =
  (...commands: string[]) =>
  () =>
    commands.some((command) => find(command) !== undefined);
const anyFile =
  (...files: string[]) =>
  () =>
    files.some((file) => existsSync(file));
const qemu = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
const cpu = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
/** RHEL has no other name for it. */
const qemuPaths = anyFile('/usr/libexec/qemu-kvm');
const grubPaths = anyFile(
  ...['lib/grub', 'share/grub2', 'lib/grub2'].map((folder) => `/usr/${folder}/i386-pc/boot.img`),
);
const staticLibraries = ['/usr/lib', '/usr/lib64', `/usr/lib/${cpu}-linux-gnu`].map((folder) => `${folder}/libc.a`);

export const providerNeed: Need = {
  what: "Vagrant's libvirt provider",
  found() {
    const vagrant = find('vagrant');
    return vagrant !== undefined && hasLibvirtProvider(vagrant);
  },
  packages: ['vagrant-libvirt'],
};

/** Whether a package of this system can bring the provider: to the Vagrant of its makers none can. */
export function isProviderPackaged(): boolean {
  const vagrant = find('vagrant');
  return vagrant === undefined || !isUpstreamVagrant(vagrant);
}

const vmNeeds: readonly Need[] = [
  providerNeed,
  // one daemon, or the modular ones
  {
    what: 'libvirt',
    found: () => onPath('libvirtd', 'virtqemud')() && onPath('virsh')(),
    packages: ['libvirt'],
  },
  { what: 'QEMU', found: () => onPath(qemu)() || qemuPaths(), packages: ['qemu'] },
  { what: "dnsmasq (the machines' DHCP)", found: onPath('dnsmasq'), packages: ['dnsmasq'] },
];

const containerNeeds: readonly Need[] = [
  { what: 'systemd-nspawn', found: onPath('systemd-nspawn'), packages: ['nspawn'] },
  { what: 'setpriv', found: onPath('setpriv'), packages: ['util-linux'] },
];

/** What makes the boxes; Vagrant among it, whose own key they hold. */
const boxNeeds: readonly Need[] = [
  { what: 'Vagrant', found: onPath('vagrant'), packages: ['vagrant'] },
  { what: 'mmdebstrap (builds the boxes)', found: onPath('mmdebstrap'), packages: ['mmdebstrap'] },
  {
    what: 'GRUB for BIOS (boot loader of the boxes)',
    found: () => onPath('grub-mkimage', 'grub2-mkimage')() && grubPaths(),
    packages: ['grub'],
  },
  {
    what: "Debian's archive keys",
    found: anyFile('/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'),
    packages: ['debian-archive-keyring'],
  },
  { what: 'sfdisk', found: onPath('sfdisk'), packages: ['sfdisk'] },
  { what: 'mkfs.ext4', found: onPath('mkfs.ext4'), packages: ['e2fsprogs'] },
];

/** What the lab needs, and the unit tests as well: they build the helper and the fixture image, seeds and keys. */
const sharedNeeds: readonly Need[] = [
  { what: 'qemu-img', found: onPath('qemu-img'), packages: ['qemu-img'] },
  { what: 'ssh', found: onPath('ssh'), packages: ['ssh'] },
  { what: 'ip', found: onPath('ip'), packages: ['ip'] },
  { what: 'mtools (seed of a cloud image)', found: onPath('mformat'), packages: ['mtools'] },
  { what: 'flock', found: onPath('flock'), packages: ['util-linux'] },
  { what: 'prlimit', found: onPath('prlimit'), packages: ['util-linux'] },
  { what: 'gcc (fixture image)', found: onPath('gcc'), packages: ['gcc'] },
  {
    what: 'libc headers (fixture image)',
    found: () => existsSync('/usr/include/stdlib.h') && anyFile(...staticLibraries)(),
    packages: ['static libc'],
  },
  { what: 'a static busybox (fixture image)', found: hasStaticBusybox, packages: ['static busybox'] },
];

const testNeeds: readonly Need[] = [
  { what: 'Chromium (tests of the report)', found: onPath('chromium', 'chromium-browser'), packages: ['chromium'] },
  { what: 'unshare (tests of the helper)', found: onPath('unshare'), packages: ['util-linux'] },
  { what: 'Python (tests of the helper)', found: onPath('python3'), packages: ['python'] },
];

/** What VirtualBox runs: Vagrant does it by itself, without the lab. */
const macNeeds: readonly Need[] = [
  { what: 'Vagrant', found: onPath('vagrant'), packages: ['vagrant'] },
  { what: 'VirtualBox', found: onPath('VBoxManage'), packages: ['virtualbox'] },
  { what: 'ssh', found: onPath('ssh'), packages: ['ssh'] },
];

const needs: Readonly<Record<Purpose, readonly Need[]>> = {
  lab: [...vmNeeds, ...boxNeeds, ...sharedNeeds],
  containers: [...containerNeeds, ...boxNeeds, ...sharedNeeds],
  tests: [...vmNeeds, ...containerNeeds, ...boxNeeds, ...sharedNeeds, ...testNeeds],
  'unit tests': [...sharedNeeds, ...testNeeds],
};

export function needsOf(purpose: Purpose, platform: string = process.platform): readonly Need[] {
  return platform === 'darwin' ? macNeeds : needs[purpose];
}
