import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { checkout } from '../../harness/this-machine/paths.ts';

// What other systems print: a mount namespace with their os-release, and a PATH with hardly anything on it. It takes root.

const canTry =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const tools = ['sh', 'env', 'cat', 'id', 'uname', 'head', 'sed', 'expr', 'sha256sum', 'cut', 'dirname', 'timeout'];
const node = process.execPath.startsWith(checkout) ? process.execPath.replace(checkout, '/mnt') : process.execPath;

type System = { readonly osRelease: string; readonly more?: string };

/** What `doctor` and `run debian-13` print there for an ordinary user of no group. */
function rdcOn({ osRelease, more = '' }: System) {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-system-'));
  writeFileSync(join(folder, 'os-release'), osRelease);
  const script = `set -eu
chmod 755 ${folder}
mount --bind ${folder} /srv
mount --bind ${checkout} /mnt
chmod 644 /srv/os-release
mount --bind /srv/os-release "$(readlink -f /etc/os-release)"
mkdir /srv/bin /srv/home
chown 64999 /srv/home
for tool in ${tools.join(' ')}; do ln -s "$(readlink -f "$(command -v $tool)")" /srv/bin/$tool; done
setpriv=$(command -v setpriv)
mount -t tmpfs none /opt
${more}
mount -t tmpfs none /usr/sbin
mount -t tmpfs none /usr/local/sbin
export PATH=/srv/bin HOME=/srv/home RDC_LAB=system
unset XDG_CACHE_HOME NODE_COMPILE_CACHE
cd /mnt
for words in doctor 'run debian-13 --out /srv/home/out'; do
  echo "== $words"
  $setpriv --reuid 64999 --regid 64999 --clear-groups ${node} cli/main.ts $words || echo "exit code $?"
done 2>&1`;
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' });
  const [, doctor = '', run = ''] = stdout.split(/^== .*\n/m);
  return { doctor, run, stderr };
}

const ubuntu = (release: string, codename: string) =>
  `ID=ubuntu\nID_LIKE=debian\nVERSION_ID="${release}"\nVERSION_CODENAME=${codename}\n`;
const plugin = String.raw`VAGRANT_HOME=/srv/home/\.cache/rdc/vagrant vagrant plugin install vagrant-libvirt`;
const apt = 'apt-get update && (sudo )?apt-get install -y --no-install-recommends';
const box = String.raw`env HOME=/srv/home RDC_OWNER=64999:64999 sh /mnt/vms/boxes/build\.sh debian 13`;
const makersVagrant =
  'mkdir -p /opt/vagrant/bin; printf x >/opt/vagrant/bin/vagrant; ln -s /opt/vagrant/bin/vagrant /srv/bin/vagrant';

/** Name, system, what each hint of `doctor` begins with, and the one hint of `run`. */
const systems: readonly (readonly [string, System, string, string])[] = [
  [
    'Debian 13',
    { osRelease: 'ID=debian\nVERSION_ID="13"\n' },
    `sudo ${apt} `,
    `as root: ${apt} .*vagrant-libvirt .* && ${box}`,
  ],
  [
    'Ubuntu 24.04',
    { osRelease: ubuntu('24.04', 'noble') },
    `(sudo ${apt} |wget .*hashicorp)`,
    `sudo ${apt} .*mmdebstrap .* && wget .*hashicorp.* vagrant && sudo ${apt} .* libvirt-dev && ${plugin}`,
  ],
  [
    "Ubuntu 26.04 with its makers' Vagrant",
    { osRelease: ubuntu('26.04', 'resolute'), more: makersVagrant },
    `sudo ${apt} `,
    `as root: ${apt} .*mmdebstrap .* libvirt-dev && ${box}`,
  ],
  [
    'Fedora with modular daemons',
    {
      osRelease: 'ID=fedora\nVERSION_ID=44\n',
      more: 'for name in virtqemud virsh; do ln -s /bin/true /srv/bin/$name; done',
    },
    'sudo dnf install -y ',
    `as root: dnf install -y .*vagrant-libvirt .* && ${box}`,
  ],
  [
    'openSUSE',
    { osRelease: 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n' },
    'sudo zypper --non-interactive install ',
    `as root: zypper --non-interactive install .*vagrant-libvirt .* && ${box}`,
  ],
  [
    'Alpine',
    { osRelease: 'ID=alpine\n' },
    String.raw`(sudo apk add |\./rdc run ssh://USER@HOST )`,
    String.raw`\./rdc run ssh://USER@HOST .*`,
  ],
  [
    'Arch',
    { osRelease: 'ID=arch\n' },
    'sudo pacman -S --needed --noconfirm ',
    `sudo pacman -S .*vagrant .* && sudo pacman -S .* && ${plugin}`,
  ],
  ['a system that is not known', { osRelease: 'ID=nixos\n' }, 'install .* with your package tool', 'install .*: .*'],
];

it.runIf(canTry).each(systems)(
  'on %s each hint is a command of that system, and run has all of them in one',
  { timeout: 90_000 },
  (name, system, hint, all) => {
    const { doctor, run, stderr } = rdcOn(system);
    expect(stderr).toBe('');
    const missing = doctor.match(/^missing .*/gm) ?? [];
    const hints = [...doctor.matchAll(/^ +hint: (.*)$/gm)].map(([, text]) => text ?? '');
    expect(missing.length, doctor).toBeGreaterThan(10);
    expect(hints.length).toBe(missing.length);
    const asRoot = 'su -   # as root, what else is missing, without sudo: sudo is not installed';
    expect(hints.filter((text) => !new RegExp(`^${hint}`).test(text))).toEqual([asRoot]);
    expect(doctor).toMatch(/^ok +package sources of Debian's archive \(boxes\)$/m);
    expect(doctor).toMatch(/^ok +5\.0 GiB free for a machine in \/srv\/home\/\.cache\/rdc$/m);
    expect(/^ok +libvirt$/m.test(doctor)).toBe(name.includes('modular'));
    expect(/^ok +Vagrant$/m.test(doctor)).toBe(name.includes('makers'));
    expect(doctor).toMatch(/^missing +Vagrant's libvirt provider$/m);
    expect(doctor.includes('to install all that is missing: ')).toBe(!name.includes('not known'));
    expect(doctor).toMatch(/^exit code 3$/m);
    expect(run).toMatch(/^\[HOST_SETUP\] /m);
    expect(run).toMatch(new RegExp(`^hint: ${all}$`, 'm'));
    expect(run).toMatch(/^exit code 2$/m);
  },
);
