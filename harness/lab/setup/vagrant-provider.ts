import { globSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const plugin = 'vagrant-libvirt';

/** Whether this Vagrant is that of its makers, in a folder of its own, and not a distribution's. */
export function isUpstreamVagrant(command: string, root = '/'): boolean {
  return realpathSync(command).startsWith(join(root, 'opt/vagrant/'));
}

/**
 * Whether this Vagrant has its libvirt provider. It loads what its state files list (lib/vagrant/plugin/manager.rb,
 * state_file.rb): the one of VAGRANT_HOME, `home`, and that of the system, for which each package has a place of its own.
 * Fedora and openSUSE make theirs of the gems' specifications when a package is installed.
 */
export function hasLibvirtProvider(command: string, home: string, root = '/'): boolean {
  if (isUpstreamVagrant(command, root)) return [home, join(root, 'opt/vagrant/embedded')].some(isListed);
  const folders = ['usr/share/vagrant-plugins', 'usr/share/vagrant', 'var/lib/vagrant'];
  const specification = `specifications/${plugin}-[0-9]*.gemspec`;
  const patterns = ['', '*/'].map((ruby) => join(root, 'usr/share/vagrant/gems', ruby, specification));
  return [home, ...folders.map((folder) => join(root, folder))].some(isListed) || globSync(patterns).length > 0;
}

function isListed(folder: string): boolean {
  const installed = membersOf(join(folder, 'plugins.json')).installed;
  const parts = globSync(join(folder, 'plugins.d', '*.json')).map(membersOf);
  return [installed, ...parts].some((list) => typeof list === 'object' && list !== null && Object.hasOwn(list, plugin));
}

/** None where there is no such file, or one with which Vagrant does not start. */
function membersOf(file: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
