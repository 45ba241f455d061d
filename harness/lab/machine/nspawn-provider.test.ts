import { expect, test as it } from 'vitest';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { recipeEnvironment } from '../catalog/recipes.ts';
import { nspawnProvider, whyNoContainer } from './nspawn-provider.ts';

const machine = (name: string) => findMachine(readMachines(), name);

it.each([
  ['debian-12-cgroup-v1', 'a kernel argument makes it (systemd.unified_cgroup_hierarchy=0)'],
  ['debian-13-no-ipv6', 'a kernel argument makes it (ipv6.disable=1)'],
  ['debian-13-sysvinit', 'it is made for a boot without systemd'],
  ['ubuntu-2604', 'its disk is not built here'],
])('%s cannot be a container: %s', (name, why) => {
  expect(() => nspawnProvider.expectPossible(machine(name))).toThrow(`[CONFIG] ${name} cannot be a container: ${why}`);
});

it.each(['debian-11', 'debian-12', 'debian-13', 'debian-testing', 'debian-13-fuse-overlayfs', 'debian-13-pasta'])(
  '%s can',
  (name) => {
    expect(() => nspawnProvider.expectPossible(machine(name))).not.toThrow();
  },
);

it('a variant of controllers needs a machine that has them on cgroup v2', () => {
  const cgroups = (hierarchy: number) =>
    `#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t9\t1\ncpu\t${hierarchy}\t9\t1\n`;
  expect(whyNoContainer(machine('debian-13-no-cpu'), cgroups(0))).toBeUndefined();
  expect(whyNoContainer(machine('debian-13-no-cpu'), cgroups(1))).toContain('this machine has them on cgroup v1');
  expect(whyNoContainer(machine('debian-13'), cgroups(1))).toBeUndefined();
});

it('a recipe gets its entry of distributions.json as the Vagrantfile hands it on', () => {
  expect(recipeEnvironment(machine('debian-13'))).toEqual({
    RDC_RECIPE: 'rootless-debian',
    RDC_INSTALL: 'DEBIAN_FRONTEND=noninteractive apt-get install -y',
    RDC_PREREQUISITES: 'uidmap dbus-user-session iptables slirp4netns fuse-overlayfs',
    RDC_UPSTREAM: 'https://download.docker.com/linux/debian',
    RDC_PACKAGES: 'docker.io uidmap dbus-user-session slirp4netns fuse-overlayfs',
    RDC_PACKAGES_IF_KNOWN: 'docker-cli rootlesskit docker-compose=2* docker-compose=5*',
    RDC_KNOWS: 'apt-get install --simulate',
  });
});
