import { expect, test as it } from 'vitest';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { recipeEnvironment } from '../catalog/recipes.ts';
import { nspawnProvider } from './nspawn-provider.ts';

const machine = (name: string) => findMachine(readMachines(), name);

it.each([
  ['debian-12-cgroup-v1', 'a kernel argument makes it (systemd.unified_cgroup_hierarchy=0)'],
  ['debian-13-no-ipv6', 'a kernel argument makes it (ipv6.disable=1)'],
  ['debian-13-sysvinit', 'systemd-nspawn boots machines with systemd only'],
  ['ubuntu-2604', 'its disk is not built here'],
])('%s cannot be a container: %s', (name, why) => {
  expect(() => nspawnProvider.expectPossible(machine(name))).toThrow(`[CONFIG] ${name} cannot be a container: ${why}`);
});

it.each(['debian-11', 'debian-12', 'debian-13', 'debian-testing', 'debian-13-no-cpu', 'debian-13-pasta'])(
  '%s can',
  (name) => {
    expect(() => nspawnProvider.expectPossible(machine(name))).not.toThrow();
  },
);

it('a recipe gets its entry of distributions.json as the Vagrantfile hands it on', () => {
  expect(recipeEnvironment(machine('debian-13'))).toEqual({
    RDC_RECIPE: 'rootless-debian',
    RDC_INSTALL: 'DEBIAN_FRONTEND=noninteractive apt-get install -y',
    RDC_PREREQUISITES: 'uidmap dbus-user-session iptables slirp4netns fuse-overlayfs',
    RDC_UPSTREAM: 'https://download.docker.com/linux/debian',
    RDC_PACKAGES: 'docker.io uidmap dbus-user-session slirp4netns fuse-overlayfs',
    RDC_PACKAGES_IF_KNOWN: 'docker-cli rootlesskit',
    RDC_KNOWS: 'apt-cache show',
  });
});
