import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test as it } from 'vitest';
import { borrowProvider, hasLibvirtProvider } from './vagrant-provider.ts';

let root: string;

function put(file: string, text = ''): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const command = () => join(root, 'usr/bin/vagrant');
const has = () => hasLibvirtProvider(command(), [join(root, 'home'), join(root, 'theirs')], root);

function upstream(): void {
  put('usr/bin/x');
  symlinkSync(put('opt/vagrant/bin/vagrant'), command());
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rdc-provider-'));
});

const entry = { ruby_version: '3.1.2', vagrant_version: '2.3.4', gem_version: '', require: '', sources: [] };
const state = (...plugins: readonly string[]) =>
  JSON.stringify({ version: '1', installed: Object.fromEntries(plugins.map((plugin) => [plugin, entry])) });

it.each([
  ['Debian', 'usr/share/vagrant-plugins/plugins.d/vagrant-libvirt.json', JSON.stringify({ 'vagrant-libvirt': entry })],
  ['Fedora', 'usr/share/vagrant/gems/specifications/vagrant-libvirt-0.11.2.gemspec', ''],
  ['openSUSE', 'usr/share/vagrant/gems/3.2.0/specifications/vagrant-libvirt-0.11.2.gemspec', ''],
  ['rdc', 'home/plugins.json', state('vagrant-libvirt')],
  ['the user', 'theirs/plugins.json', state('vagrant-libvirt')],
])('the provider of %s is found where Vagrant finds it', (_, file, text) => {
  put('usr/bin/vagrant');
  expect(has()).toBe(false);
  put(file, text);
  expect(has()).toBe(true);
});

it('a Vagrant with other plugins, or with a folder of gems, has no provider', () => {
  put('usr/bin/vagrant');
  put('usr/share/vagrant/gems/specifications/fog-core-2.1.0.gemspec');
  put('usr/share/vagrant/gems/specifications/vagrant-libvirt-extra-1.0.gemspec');
  put('usr/share/vagrant-plugins/plugins.d/vagrant-lxc.json', JSON.stringify({ 'vagrant-lxc': entry }));
  put('home/plugins.json', state('vagrant-mutate'));
  put('usr/share/vagrant/plugins.json', 'null');
  put('opt/vagrant/embedded/plugins.json', state('vagrant-libvirt'));
  expect(has()).toBe(false);
});

it("that of Vagrant's makers does not see the distribution's, and has what the user installed", () => {
  upstream();
  put('usr/share/vagrant-plugins/plugins.d/vagrant-libvirt.json', JSON.stringify({ 'vagrant-libvirt': entry }));
  put('opt/vagrant/embedded/plugins.json', state());
  expect(has()).toBe(false);
  put('home/plugins.json', state('vagrant-libvirt'));
  expect(has()).toBe(true);
});

it('what the user installed is seen in our own home, and stays where it is', () => {
  const [home, theirs] = [join(root, 'home'), join(root, 'theirs')];
  borrowProvider(home, theirs);
  expect(existsSync(home)).toBe(false);
  put('theirs/plugins.json', state('vagrant-libvirt'));
  put('theirs/gems/3.1.2/x');
  borrowProvider(home, theirs);
  expect(readFileSync(join(home, 'plugins.json'), 'utf8')).toBe(state('vagrant-libvirt'));
  expect(existsSync(join(home, 'gems/3.1.2/x'))).toBe(true);
  put('theirs/plugins.json', state('vagrant-libvirt', 'vagrant-other'));
  borrowProvider(home, theirs);
  expect(readFileSync(join(home, 'plugins.json'), 'utf8')).toBe(state('vagrant-libvirt'));
});
