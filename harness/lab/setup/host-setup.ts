import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cacheRoot } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import { hasLibvirtProvider, isUpstreamVagrant } from './vagrant-provider.ts';

export type HostNeed = { readonly what: string; readonly present: boolean; readonly remedy: string };

/** What the lab is made of: a file that proves it is there, and what the packages are called. */
type Need = Record<Installer, string[]> & {
  what: string;
  found: () => boolean;
  /** where no package has it */
  remedy?: (installer: Installer | undefined) => string | undefined;
};

const searched = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
const find = (command: string) =>
  searched.map((folder) => join(folder || '/nowhere', command)).find((file) => existsSync(file));
const onPath = (command: string) => () => find(command) !== undefined;
const anyFile =
  (...files: string[]) =>
  () =>
    files.some((file) => existsSync(file));
const vagrantHome = () => join(cacheRoot(), 'vagrant');
const qemu = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
const same = (name: string) => ({ apt: [name], dnf: [name], pacman: [name], zypper: [name] });

/** What runs VMs. */
const vmNeeds: readonly Need[] = [
  {
    what: "Vagrant's libvirt provider",
    found: () => {
      const vagrant = find('vagrant');
      return vagrant !== undefined && hasLibvirtProvider(vagrant, vagrantHome());
    },
    remedy(installer) {
      const vagrant = find('vagrant');
      const isPackaged = installer !== 'pacman' && !(vagrant !== undefined && isUpstreamVagrant(vagrant));
      return isPackaged ? undefined : `VAGRANT_HOME=${vagrantHome()} vagrant plugin install vagrant-libvirt`;
    },
    apt: ['vagrant-libvirt'],
    dnf: ['vagrant-libvirt'],
    pacman: ['vagrant'],
    zypper: ['vagrant-libvirt'],
  },
  {
    what: 'libvirt',
    found: onPath('libvirtd'),
    apt: ['libvirt-daemon-system', 'libvirt-clients'],
    dnf: ['libvirt-daemon-kvm', 'libvirt-client'],
    pacman: ['libvirt'],
    zypper: ['libvirt-daemon-qemu', 'libvirt-client'],
  },
  {
    what: 'QEMU',
    found: onPath(qemu),
    apt: [process.arch === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86'],
    dnf: ['qemu-kvm', `qemu-system-${process.arch === 'arm64' ? 'aarch64' : 'x86'}`],
    pacman: ['qemu-base'],
    zypper: [process.arch === 'arm64' ? 'qemu-arm' : 'qemu-x86'],
  },
  { what: "dnsmasq (the machines' DHCP)", found: onPath('dnsmasq'), ...same('dnsmasq'), apt: ['dnsmasq-base'] },
];

/** What runs containers. */
const containerNeeds: readonly Need[] = [
  {
    what: 'systemd-nspawn',
    found: onPath('systemd-nspawn'),
    ...same('systemd-container'),
    pacman: ['systemd'],
  },
  { what: 'setpriv', found: onPath('setpriv'), ...same('util-linux') },
];

/** What makes the boxes; Vagrant among it, whose own key they hold. */
const boxNeeds: readonly Need[] = [
  { what: 'Vagrant', found: onPath('vagrant'), ...same('vagrant') },
  { what: 'mmdebstrap (builds the boxes)', found: onPath('mmdebstrap'), ...same('mmdebstrap') },
  {
    what: 'extlinux (boot loader of the boxes)',
    found: onPath('extlinux'),
    ...same('syslinux'),
    apt: ['extlinux', 'syslinux-common'],
    dnf: ['syslinux-extlinux'],
  },
  {
    what: "Debian's archive keys",
    found: anyFile('/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'),
    ...same('debian-archive-keyring'),
    dnf: ['debian-keyring'],
  },
  { what: 'sfdisk', found: onPath('sfdisk'), ...same('util-linux'), apt: ['fdisk'] },
  { what: 'mkfs.ext4', found: onPath('mkfs.ext4'), ...same('e2fsprogs') },
];

/** What the lab needs, and the unit tests as well: they build the helper and the fixture image, seeds and keys. */
const sharedNeeds: readonly Need[] = [
  {
    what: 'qemu-img',
    found: onPath('qemu-img'),
    apt: ['qemu-utils'],
    dnf: ['qemu-img'],
    pacman: ['qemu-img'],
    zypper: ['qemu-img'],
  },
  {
    what: 'ssh',
    found: onPath('ssh'),
    apt: ['openssh-client'],
    dnf: ['openssh-clients'],
    pacman: ['openssh'],
    zypper: ['openssh-clients'],
  },
  { what: 'ip', found: onPath('ip'), ...same('iproute2'), dnf: ['iproute'] },
  { what: 'mtools (seed of a cloud image)', found: onPath('mformat'), ...same('mtools') },
  { what: 'flock', found: onPath('flock'), ...same('util-linux') },
  { what: 'prlimit', found: onPath('prlimit'), ...same('util-linux') },
  { what: 'gcc (fixture image)', found: onPath('gcc'), ...same('gcc') },
  {
    what: 'libc headers (fixture image)',
    found: anyFile('/usr/include/stdlib.h'),
    apt: ['libc6-dev'],
    dnf: ['glibc-devel', 'glibc-static'],
    pacman: ['glibc'],
    zypper: ['glibc-devel', 'glibc-devel-static'],
  },
  {
    what: 'a static busybox (fixture image)',
    found: anyFile('/bin/busybox', '/usr/bin/busybox', '/sbin/busybox', '/usr/bin/busybox-static'),
    ...same('busybox'),
    apt: ['busybox-static'],
    zypper: ['busybox-static'],
  },
];

/** What only the project's own tests need. */
const testNeeds: readonly Need[] = [
  { what: 'Chromium (tests of the report)', found: onPath('chromium'), ...same('chromium') },
  { what: 'unshare (tests of the helper)', found: onPath('unshare'), ...same('util-linux') },
  { what: 'Python (tests of the helper)', found: onPath('python3'), ...same('python3'), pacman: ['python'] },
];

const installers = {
  apt: ['apt-get', 'install', '-y', '--no-install-recommends'],
  dnf: ['dnf', 'install', '-y'],
  pacman: ['pacman', '-S', '--needed'],
  zypper: ['zypper', 'install', '-y'],
} as const;
type Installer = keyof typeof installers;

/** The package tool of a distribution by its os-release; undefined for one that is not known here. */
export function installerOf(osRelease: string): Installer | undefined {
  const words = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  if (words.some((word) => ['debian', 'ubuntu'].includes(word))) return 'apt';
  if (words.some((word) => ['fedora', 'rhel', 'centos'].includes(word))) return 'dnf';
  if (words.includes('arch')) return 'pacman';
  return words.some((word) => /suse/.test(word)) ? 'zypper' : undefined;
}

function readOsRelease(): string {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}

function missingPackages(wanted: readonly Need[], installer: Installer): string[] {
  return [...new Set(wanted.filter((need) => !need.found()).flatMap((need) => need[installer]))];
}

function asRoot(argv: readonly string[]): string[] {
  return process.getuid?.() === 0 ? [...argv] : ['sudo', ...argv];
}

/** What the lab needs of this machine and whether it is there; changes nothing. */
export function doctorHost(purpose: Purpose = 'lab'): HostNeed[] {
  const installer = installerOf(readOsRelease());
  return needsOf(purpose).map((need) => ({
    what: need.what,
    present: need.found(),
    remedy:
      need.remedy?.(installer) ?? asRoot([...installers[installer ?? 'apt'], ...need[installer ?? 'apt']]).join(' '),
  }));
}

/** What this machine is for: runs on VMs of the lab, on its containers, the project's own tests (on both), or those of them that start no machine. */
export type Purpose = 'lab' | 'containers' | 'tests' | 'unit tests';

const needs: Readonly<Record<Purpose, readonly Need[]>> = {
  lab: [...vmNeeds, ...boxNeeds, ...sharedNeeds],
  containers: [...containerNeeds, ...boxNeeds, ...sharedNeeds],
  tests: [...vmNeeds, ...containerNeeds, ...boxNeeds, ...sharedNeeds, ...testNeeds],
  'unit tests': [...sharedNeeds, ...testNeeds],
};

export function needsOf(purpose: Purpose): readonly Need[] {
  return needs[purpose];
}

/**
 * Installs what is lacking: on Debian and Ubuntu by itself, said before it is done; elsewhere it throws HOST_SETUP with the
 * packages and the command.
 */
export async function setUpHost(onStage: (text: string) => void, purpose: Purpose = 'lab'): Promise<void> {
  const wanted = needsOf(purpose);
  if (wanted.every((need) => need.found())) return;
  const installer = installerOf(readOsRelease());
  if (installer !== 'apt') {
    const missing = wanted.filter((need) => !need.found()).map((need) => need.what);
    throw new RdcError(
      'HOST_SETUP',
      `missing on this machine: ${missing.join(', ')}; rdc installs packages only on Debian and Ubuntu`,
      {
        hint: installer
          ? asRoot([...installers[installer], ...missingPackages(wanted, installer)]).join(' ')
          : 'install these with your package tool',
      },
    );
  }
  const packages = missingPackages(wanted, 'apt');
  onStage(`installing on this machine: ${packages.join(' ')}`);
  const options = {
    log: 'host-setup',
    code: 'HOST_SETUP',
    timeoutMs: 900_000,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  } as const;
  await runLogged(asRoot(['apt-get', 'update']), { ...options, what: 'apt-get update' });
  await runLogged(asRoot([...installers.apt, ...packages]), {
    ...options,
    what: `apt-get install ${packages.join(' ')}`,
  });
  const still = wanted.filter((need) => !need.found()).map((need) => need.what);
  if (still.length > 0) {
    throw new RdcError('HOST_SETUP', `packages installed, but not found: ${still.join(', ')}`, {
      hint: './rdc doctor',
    });
  }
}
