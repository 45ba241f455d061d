import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { checkout } from '../../harness/this-machine/paths.ts';

// The system's libvirt as an ordinary user in the group libvirt sees it. No machine is started here.

const canTry = process.getuid?.() === 0 && ['/usr/sbin/libvirtd', '/usr/bin/unshare'].every((file) => existsSync(file));

/** Runs the script as that user; `rdc` in it is the command line. */
function asOrdinaryUser(script: string): { stdout: string; stderr: string; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-system-'));
  chmodSync(folder, 0o711);
  const file = join(folder, 'script.sh');
  writeFileSync(file, `set -eu\ncd ${checkout}\nlibvirt() { virsh -q -c qemu:///system "$@"; }\n${script}`, {
    mode: 0o644,
  });
  const holder = join(checkout, 'bench/e2e/system-libvirt.sh');
  const argv = ['--net', '--mount', 'sh', holder, join(folder, 'libvirt'), 'sh', file];
  const env = { ...process.env, RDC_LAB: 'system', NODE: process.execPath };
  try {
    return spawnSync('unshare', argv, { encoding: 'utf8', env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const listAll = `libvirt pool-list --all --name | tr -d ' '; libvirt net-list --all --name; libvirt list --all --name`;

it.runIf(canTry)(
  "down leaves the system's libvirt as it was: pools and networks of others stay, ours go with the last machine",
  { timeout: 180_000 },
  () => {
    const { stdout, stderr, status } = asOrdinaryUser(`
libvirt pool-define-as default dir --target /var/lib/libvirt/images/theirs >/dev/null
echo '<network><name>default</name></network>' >/tmp/$$.xml; libvirt net-define /tmp/$$.xml >/dev/null
[ "$(stat -c %a "$HOME")" = 700 ]
"$NODE" --input-type=module -e 'import { ensurePool } from "${checkout}/harness/lab/libvirt/own-resources.ts"; await ensurePool(); await ensurePool()'
echo 'no kernel' >"$HOME/vmlinuz"
"$NODE" --input-type=module -e 'import { systemAccess } from "${checkout}/harness/lab/libvirt/system-access.ts"; import { systemLibvirt } from "${checkout}/harness/lab/libvirt/kvm-trial.ts"; const { offersKvm, bootKernel } = systemLibvirt(); const said = (await offersKvm()) ? await bootKernel(process.env.HOME + "/vmlinuz", "", 5000) : ""; console.log(JSON.stringify([await systemAccess(), typeof said]))'
echo '<network><name>rdc</name></network>' >/tmp/$$.xml; libvirt net-define /tmp/$$.xml >/dev/null
libvirt vol-create-as rdc rdc-VAGRANTSLASH-box.img 1M >/dev/null
echo "<domain type='qemu'><name>rdc-debian-13</name><memory>1024</memory><os><type>hvm</type></os></domain>" >/tmp/$$.xml
libvirt define /tmp/$$.xml >/dev/null; rm /tmp/$$.xml
echo "== before"; ${listAll}
"$NODE" cli/main.ts down debian-13 --lab system
echo "== after"; ${listAll}
echo "== files"; find "$HOME" ! -user "$(id -u)"
find /var/lib/libvirt/images -name '*rdc*'`);
    expect(stderr).toBe('debian-13: removed\n');
    expect(stdout).toContain('[{"answers":true},"string"]\n');
    const [, before, after, files] = stdout.split(/^== .*\n/m).map((part) => part.split('\n').filter(Boolean));
    expect(before).toEqual(['default', 'rdc', 'default', 'rdc', 'rdc-debian-13']);
    expect(after).toEqual(['default', 'default']);
    expect(files).toEqual([]);
    expect(status).toBe(0);
  },
);

const [library] = globSync('/usr/lib/*/ruby/vendor_ruby/*/_libvirt.so');

it.runIf(canTry && library)(
  'doctor notices a provider that Vagrant lists and cannot load, and has a command for it',
  { timeout: 120_000 },
  () => {
    const script = `mount --bind /dev/null ${library}; exec ${process.execPath} cli/main.ts doctor`;
    const { stdout } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { cwd: checkout, encoding: 'utf8' });
    expect(stdout).toMatch(/^missing {2}Vagrant loads its libvirt provider\n +hint: .*vagrant plugin /m);
  },
);
