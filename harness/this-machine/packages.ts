const arm = process.arch === 'arm64';

/**
 * What each family of systems calls the packages of a thing. Without an entry a family has none; `ubuntu` is `debian`
 * where it is not named. Those of Debian are tried; the names of the others are their makers', and not tried.
 */
export const packages = {
  vagrant: {
    debian: ['vagrant'],
    ubuntu: undefined,
    fedora: ['vagrant'],
    suse: ['vagrant'],
    arch: ['vagrant'],
    macos: ['hashicorp/tap/hashicorp-vagrant'],
  },
  'vagrant-libvirt': {
    debian: ['vagrant-libvirt'],
    ubuntu: undefined,
    fedora: ['vagrant-libvirt'],
    suse: ['vagrant-libvirt'],
  },
  // what `vagrant plugin install vagrant-libvirt` compiles with
  'vagrant-libvirt (to build)': {
    debian: ['gcc', 'make', 'pkg-config', 'libc6-dev', 'libvirt-dev'],
    fedora: ['gcc', 'make', 'libvirt-devel'],
    suse: ['gcc', 'make', 'libvirt-devel'],
    arch: ['gcc', 'make', 'pkgconf', 'libvirt'],
  },
  libvirt: {
    debian: ['libvirt-daemon-system', 'libvirt-clients'],
    fedora: ['libvirt-daemon-kvm', 'libvirt-client'],
    suse: ['libvirt-daemon-qemu', 'libvirt-client'],
    alpine: ['libvirt-daemon', 'libvirt-client', 'libvirt-qemu'],
    arch: ['libvirt'],
  },
  qemu: {
    debian: [arm ? 'qemu-system-arm' : 'qemu-system-x86'],
    fedora: ['qemu-kvm', `qemu-system-${arm ? 'aarch64' : 'x86'}`],
    suse: [arm ? 'qemu-arm' : 'qemu-x86'],
    alpine: [`qemu-system-${arm ? 'aarch64' : 'x86_64'}`],
    arch: ['qemu-base'],
  },
  'qemu-img': {
    debian: ['qemu-utils'],
    fedora: ['qemu-img'],
    suse: ['qemu-img'],
    alpine: ['qemu-img'],
    arch: ['qemu-img'],
  },
  dnsmasq: {
    debian: ['dnsmasq-base'],
    fedora: ['dnsmasq'],
    suse: ['dnsmasq'],
    alpine: ['dnsmasq'],
    arch: ['dnsmasq'],
  },
  nspawn: {
    debian: ['systemd-container'],
    fedora: ['systemd-container'],
    suse: ['systemd-container'],
    arch: ['systemd'],
  },
  'util-linux': {
    debian: ['util-linux'],
    fedora: ['util-linux'],
    suse: ['util-linux'],
    alpine: ['util-linux', 'setpriv'],
    arch: ['util-linux'],
  },
  mmdebstrap: {
    debian: ['mmdebstrap'],
    fedora: ['mmdebstrap'],
    suse: ['mmdebstrap'],
    alpine: ['mmdebstrap'],
    arch: ['mmdebstrap'],
  },
  // for machines that start by BIOS, which boxes are
  grub: {
    debian: ['grub-pc-bin', 'grub-common'],
    fedora: ['grub2-pc-modules', 'grub2-tools-minimal'],
    suse: ['grub2-i386-pc'],
    alpine: ['grub-bios', 'grub'],
    arch: ['grub'],
  },
  'debian-archive-keyring': {
    debian: ['debian-archive-keyring'],
    fedora: ['debian-keyring'],
    suse: ['debian-archive-keyring'],
    alpine: ['debian-archive-keyring'],
    arch: ['debian-archive-keyring'],
  },
  sfdisk: { debian: ['fdisk'], fedora: ['util-linux'], suse: ['util-linux'], alpine: ['sfdisk'], arch: ['util-linux'] },
  e2fsprogs: {
    debian: ['e2fsprogs'],
    fedora: ['e2fsprogs'],
    suse: ['e2fsprogs'],
    alpine: ['e2fsprogs'],
    arch: ['e2fsprogs'],
  },
  ssh: {
    debian: ['openssh-client'],
    fedora: ['openssh-clients'],
    suse: ['openssh-clients'],
    alpine: ['openssh-client'],
    arch: ['openssh'],
    macos: ['openssh'],
  },
  ip: {
    debian: ['iproute2'],
    fedora: ['iproute'],
    suse: ['iproute2'],
    alpine: ['iproute2'],
    arch: ['iproute2'],
  },
  mtools: {
    debian: ['mtools'],
    fedora: ['mtools'],
    suse: ['mtools'],
    alpine: ['mtools'],
    arch: ['mtools'],
  },
  gcc: { debian: ['gcc'], fedora: ['gcc'], suse: ['gcc'], alpine: ['gcc'], arch: ['gcc'] },
  'gcc for amd64': { debian: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'] },
  'gcc for arm64': { debian: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'] },
  'static libc': {
    debian: ['libc6-dev'],
    fedora: ['glibc-devel', 'glibc-static'],
    suse: ['glibc-devel', 'glibc-devel-static'],
    alpine: ['musl-dev', 'linux-headers'],
    arch: ['glibc', 'linux-api-headers'],
  },
  'static busybox': {
    debian: ['busybox-static'],
    fedora: ['busybox'],
    suse: ['busybox-static'],
    alpine: ['busybox-static'],
    arch: ['busybox'],
  },
  chromium: {
    debian: ['chromium'],
    ubuntu: ['chromium-browser'],
    fedora: ['chromium'],
    suse: ['chromium'],
    alpine: ['chromium'],
    arch: ['chromium'],
  },
  python: {
    debian: ['python3'],
    fedora: ['python3'],
    suse: ['python3'],
    alpine: ['python3'],
    arch: ['python'],
    macos: ['python'],
  },
  virtualbox: { macos: ['virtualbox'] },
} as const satisfies Record<string, Partial<Record<string, readonly string[] | undefined>>>;

export type PackageName = keyof typeof packages;

/** Commands to paste where a family has no package of Vagrant: that of its makers. */
export const vagrantOfItsMakers = {
  ubuntu:
    'wget -qO- https://apt.releases.hashicorp.com/gpg | sudo gpg --dearmor -o /usr/share/keyrings/hashicorp.gpg' +
    ' && echo "deb [signed-by=/usr/share/keyrings/hashicorp.gpg] https://apt.releases.hashicorp.com $(. /etc/os-release; echo $VERSION_CODENAME) main" |' +
    ' sudo tee /etc/apt/sources.list.d/hashicorp.list && sudo apt-get update && sudo apt-get install -y vagrant',
} as const;
