import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

// With AppArmor a machine may open what virt-aa-helper lists, and nothing else. No machine is started here.

const helper = '/usr/lib/libvirt/virt-aa-helper';
const folder = mkdtempSync(join(tmpdir(), 'rdc-apparmor-'));
const machines = readMachines().machines.filter(({ box }) => box.image === undefined);

function run(argv: readonly string[], input = ''): string {
  const [command = '', ...args] = argv;
  const { stdout, stderr, status, error } = spawnSync(command, args, { encoding: 'utf8', input, cwd: checkout });
  if (error || status !== 0) throw new Error(`${argv.join(' ')}: ${error?.message ?? stderr}`);
  return stdout + stderr;
}

/** What QEMU is given of the file system, less the folder that libvirt makes for each domain. */
function pathsOf(xml: string, name: string): string[] {
  const file = join(folder, `${name}.xml`);
  writeFileSync(file, xml);
  const uri = `qemu:///embed?root=${join(folder, 'libvirt')}`;
  const command = run(['virsh', '-q', '-c', uri, 'domxml-to-native', 'qemu-argv', '--xml', file]);
  const paths = [...command.matchAll(/(?:path=|"filename":")(\/[^,"' ]+)/g)].map(([, path = '']) => path);
  // /dev/random is in AppArmor's own abstractions, for all programs
  return [...new Set(paths)].filter((path) => !path.startsWith(folder) && path !== '/dev/random');
}

it.runIf(existsSync(helper))(
  'virt-aa-helper lists every path that QEMU is given, for each machine',
  { timeout: 180_000 },
  () => {
    const printed = run(['ruby', 'bench/e2e/domains.rb', 'Vagrantfile']);
    const domains = JSON.parse(printed.slice(printed.indexOf('{'))) as Record<string, string>;
    expect(Object.keys(domains)).toEqual(machines.map(({ name }) => name));
    for (const { name, serialPorts } of machines) {
      const xml = domains[name] ?? '';
      const listed = run([helper, '--dryrun', '-c', '-u', 'libvirt-00000000-0000-0000-0000-000000000001'], xml);
      const allowed = [...listed.matchAll(/^ {2}"([^"]+)" rwk?,$/gm)].map(([, path]) => path);
      const paths = pathsOf(xml, name);
      expect(paths.filter((path) => path.endsWith('.wire')).length, name).toBe(serialPorts === 2 ? 1 : 0);
      expect(paths.length, name).toBeGreaterThanOrEqual(2);
      expect(allowed, name).toEqual(expect.arrayContaining(paths));
    }
  },
);
