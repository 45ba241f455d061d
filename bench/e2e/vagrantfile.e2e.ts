import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test as it } from 'vitest';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { recipeNames } from '../../harness/lab/catalog/recipes.ts';
import { trialXml } from '../../harness/lab/libvirt/kvm-trial.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

// What the Vagrantfile makes, with Vagrant's own libraries. No machine is started here.

const helper = '/usr/lib/libvirt/virt-aa-helper';
const folder = mkdtempSync(join(tmpdir(), 'rdc-vagrantfile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { machines } = readMachines();

type Made = { readonly xml: string; readonly steps: readonly { readonly name: string; readonly file: string }[] };

/** What the Vagrantfile makes of the machines of a list. */
function vagrantfile(list?: object): Record<string, Made> {
  const file = join(folder, 'machines.json');
  if (list) writeFileSync(file, JSON.stringify(list));
  const printed = run([
    'env',
    ...(list ? [`RDC_MACHINES=${file}`] : []),
    'ruby',
    'bench/e2e/vagrantfile.rb',
    'Vagrantfile',
  ]);
  return JSON.parse(printed.slice(printed.indexOf('{')));
}

function run(argv: readonly string[], input = ''): string {
  const [command = '', ...args] = argv;
  const { stdout, stderr, status, error } = spawnSync(command, args, { encoding: 'utf8', input, cwd: checkout });
  if (error || status !== 0) throw new Error(`${argv.join(' ')}: ${error?.message ?? stderr}`);
  return stdout + stderr;
}

/** The command line of QEMU for each domain; by one virsh, which asks QEMU what it can do for a long time. */
function commandsFor(domains: readonly (readonly [string, Made])[]): string[] {
  const asked = domains.map(([name, { xml }]) => {
    const file = join(folder, `${name}.xml`);
    writeFileSync(file, xml);
    return `echo next-domain ; domxml-to-native qemu-argv --xml ${file}`;
  });
  const said = run(['virsh', '-q', '-c', `qemu:///embed?root=${join(folder, 'libvirt')}`, asked.join(' ; ')]);
  return said.split('next-domain').slice(1);
}

/** What QEMU is given of the file system, less the folder that libvirt makes for each domain. */
function pathsOf(command: string): string[] {
  const paths = [...command.matchAll(/(?:path=|"filename":")(\/[^,"' ]+)/g)].map(([, path = '']) => path);
  // /dev/random is in AppArmor's own abstractions, for all programs
  return [...new Set(paths)].filter((path) => !path.startsWith(folder) && path !== '/dev/random');
}

/** What AppArmor's profile of a domain allows beside its abstractions. */
function allowedBy(xml: string): string[] {
  const listed = run([helper, '--dryrun', '-c', '-u', 'libvirt-00000000-0000-0000-0000-000000000001'], xml);
  return [...listed.matchAll(/^ {2}"([^"]+)" rw?k?,$/gm)].map(([, path = '']) => path);
}

// with AppArmor a machine may open what the helper lists, and nothing else
it.runIf(existsSync(helper))(
  'virt-aa-helper lists every path that QEMU is given, for each kind of machine',
  { timeout: 180_000 },
  () => {
    // a cloud image comes to Vagrant as a box
    const box = { name: 'rdc/image', url: 'file:///x.box' };
    const listed = machines.map((one) => (one.box.image === undefined ? one : { ...one, box }));
    const domains = vagrantfile({ default: listed[0]?.name, machines: listed });
    expect(Object.keys(domains)).toEqual(machines.map(({ name }) => name));
    // one of each kind: most differ in their name only
    const kinds = new Map(Object.entries(domains).map((one) => [one[1].xml.replaceAll(one[0], ''), one]));
    const commands = commandsFor([...kinds.values()]);
    for (const [index, [name, { xml }]] of [...kinds.values()].entries()) {
      const serialPorts = machines.find((one) => one.name === name)?.serialPorts;
      const paths = pathsOf(commands[index] ?? '');
      expect(paths.filter((path) => path.endsWith('.wire')).length, name).toBe(serialPorts === 2 ? 1 : 0);
      // two disks and the console beside the wire
      expect(paths.length, name).toBeGreaterThanOrEqual(3);
      expect(allowedBy(xml), name).toEqual(expect.arrayContaining(paths));
    }
  },
);

it.runIf(existsSync(helper))('virt-aa-helper lists the kernel and the console of the machine that tries KVM', () => {
  const [kernel, console] = ['/var/lib/libvirt/images/rdc/rdc-kernel.img', '/var/tmp/rdc-console.log'];
  const xml = trialXml(kernel, 'panic=-1', console).replace(
    '<memory',
    `<uuid>${'0'.repeat(8)}-0000-0000-0000-000000000001</uuid>$&`,
  );
  expect(allowedBy(xml)).toEqual(expect.arrayContaining([kernel, console]));
});

it.runIf(existsSync(helper))(
  'a box of the catalogue is provisioned with every recipe, and with what that sources',
  () => {
    const recipes = recipeNames();
    const box = { name: 'maker/box', version: '>= 1', url: 'https://example.org/x.box', sha256: 'a'.repeat(64) };
    const defaults = { cpus: 2, memoryMiB: 2048, serialPorts: 2, channel: 'distro' };
    const listed = recipes.map((distribution) => ({ name: distribution, box, distribution, verified: false }));
    const made = vagrantfile({ default: recipes[0], defaults, machines: listed });
    expect(Object.keys(made)).toEqual(recipes);
    for (const name of recipes) {
      const steps = made[name]?.steps ?? [];
      expect(
        steps.map((step) => step.name),
        name,
      ).toEqual(['prepare', 'base', 'steps', 'rootless']);
      expect(steps.filter(({ file }) => !existsSync(file))).toEqual([]);
    }
  },
);
