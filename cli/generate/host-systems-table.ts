import { type Family, packagesFor, tools } from '../../harness/this-machine/distribution.ts';
import { table } from './markdown.ts';

/** How far rdc was ever run on a system; everything else is not tried. */
const tried: Readonly<Record<Family, string>> = {
  debian:
    'Debian 12 as root: all. As an ordinary user in the group libvirt: on a libvirt started by hand, without systemd; AppArmor by its helper alone',
  ubuntu: 'messages only, with its os-release on Debian 12',
  fedora: 'messages only, with its os-release and modular daemons',
  suse: 'messages only, with its os-release',
  alpine: 'messages only, with its os-release',
  arch: 'messages only, with its os-release',
  macos: 'messages only, with its uname',
};

const names: Readonly<Record<Family, string>> = {
  debian: 'Debian',
  ubuntu: 'Ubuntu',
  fedora: 'Fedora, RHEL, CentOS',
  suse: 'openSUSE, SLES',
  alpine: 'Alpine',
  arch: 'Arch',
  macos: 'macOS',
};

/** docs/getting-started.md: where rdc itself runs, and what of it was tried. */
export function hostSystemsTable(): string {
  const rows = (Object.keys(tools) as Family[]).map((family) => [
    names[family],
    `\`${tools[family].install[0]}\``,
    machinesOn(family),
    tried[family],
  ]);
  return table([['rdc runs on', 'packages with', 'machines of the lab', 'tried'], ...rows], 'left');
}

function machinesOn(family: Family): string {
  if (family === 'macos') return 'VirtualBox, by `vagrant up` alone';
  if (packagesFor('vagrant-libvirt', family) !== undefined) return "VMs, with the system's packages";
  if (packagesFor('vagrant', family) !== undefined) return "VMs; Vagrant's provider is installed as a plugin";
  return family === 'ubuntu'
    ? "VMs; Vagrant is its makers', with the provider as a plugin"
    : 'none: existing hosts only';
}
