import { copyFileSync, existsSync, globSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from '../../this-machine/paths.ts';
import { makeFolder } from '../../this-machine/writable-path.ts';

const plugin = 'vagrant-libvirt';

/** Whether this Vagrant is that of its makers, in a folder of its own, and not a distribution's. */
export function isUpstreamVagrant(command: string, root = '/'): boolean {
  return realpathSync(command).startsWith(join(root, 'opt/vagrant/'));
}

/** Vagrant's own folder in the cache: boxes, and the plugins that rdc was told to install. */
export function vagrantHome(): string {
  return join(cacheRoot(), 'vagrant');
}

/** That of the user, who may have installed the provider there. */
function userHome(): string {
  return process.env.VAGRANT_HOME || join(homedir(), '.vagrant.d');
}

/**
 * Whether this Vagrant has its libvirt provider. It loads what its state files list (lib/vagrant/plugin/manager.rb,
 * state_file.rb): the one of VAGRANT_HOME, `home`, and that of the system, for which each package has a place of its own.
 * Fedora and openSUSE make theirs of the gems' specifications when a package is installed.
 */
export function hasLibvirtProvider(command: string, homes = [vagrantHome(), userHome()], root = '/'): boolean {
  if (homes.some(isListed)) return true;
  if (isUpstreamVagrant(command, root)) return isListed(join(root, 'opt/vagrant/embedded'));
  const folders = ['usr/share/vagrant-plugins', 'usr/share/vagrant', 'var/lib/vagrant'];
  const specification = `specifications/${plugin}-[0-9]*.gemspec`;
  const patterns = ['', '*/'].map((ruby) => join(root, 'usr/share/vagrant/gems', ruby, specification));
  return folders.map((folder) => join(root, folder)).some(isListed) || globSync(patterns).length > 0;
}

/**
 * Makes the provider that the user installed seen in our own home: its list of plugins and its gems, which stay where
 * they are. Nothing where our home has one.
 */
export function borrowProvider(home = vagrantHome(), theirs = userHome()): void {
  if (isListed(home) || !isListed(theirs)) return;
  makeFolder(home, 0o700);
  copyFileSync(join(theirs, 'plugins.json'), join(home, 'plugins.json'));
  const gems = join(home, 'gems');
  if (!existsSync(gems)) symlinkSync(join(theirs, 'gems'), gems);
}

/** Whether the provider is a plugin of rdc's or the user's, and not the system's. */
export function hasOwnProvider(): boolean {
  return [vagrantHome(), userHome()].some(isListed);
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
