import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { didYouMean } from '../../messages/nearest-name.ts';
import { checkedJson } from '../../this-machine/checked-json.ts';
import { checkout } from '../../this-machine/paths.ts';
import { inChannel, parseChannelName } from './channels.ts';
import { type Machine, type MachineEntry, type MachineList, type Machines, machinesSchema } from './machines.schema.ts';

export type { Machine, Machines };

const machinesJson = checkedJson<MachineList>({
  what: 'a list of machines',
  code: 'CONFIG',
  schema: machinesSchema,
  maxBytes: 4 * 1024 * 1024,
  hint: 'the allowed values are described in harness/lab/catalog/machines.schema.ts; RDC_MACHINES names the file',
  findProblems: (list) => [
    ...incompleteProblems(list),
    ...duplicateProblems(complete(list)),
    ...variantProblems(complete(list)),
  ],
});

/** The file that lists the machines: `RDC_MACHINES`, else vms/machines.json of this checkout. */
function machinesFile(): string {
  return process.env.RDC_MACHINES || join(checkout, 'vms', 'machines.json');
}

/** Reads and checks the list of machines, those from images at its end. Throws CONFIG with every problem at once. */
export function readMachines(file: string = machinesFile()): Machines {
  return complete(machinesJson.read(file));
}

function entriesOf({ machines, fromImages = [] }: MachineList): MachineEntry[] {
  return [...machines, ...fromImages];
}

function incompleteProblems({ defaults, ...list }: MachineList): string[] {
  return entriesOf(list).flatMap((entry, index) => {
    const whole = { ...defaults, ...entry };
    const sizes = (['cpus', 'memoryMiB', 'serialPorts'] as const).filter((name) => whole[name] === undefined);
    const hasOneRecipe = (entry.distribution === undefined) !== (entry.provision === undefined);
    const hasChannel = entry.provision !== undefined || whole.channel !== undefined;
    const { name, url, sha256 } = entry.box;
    const isUnchecked = name !== undefined && url === undefined && sha256 !== undefined;
    return [
      ...sizes.map((name) => `/machines/${index}: '${name}' is missing, here and in /defaults`),
      ...(hasOneRecipe ? [] : [`/machines/${index}: either 'distribution' or 'provision' is required`]),
      ...(isUnchecked ? [`/machines/${index}/box: 'sha256' needs 'url': it is the sum of one file`] : []),
      ...(hasChannel ? [] : [`/defaults: 'channel' is missing`]),
    ];
  });
}

function complete({ defaults, ...list }: MachineList): Machines {
  const { channel: usual = 'distro', ...sizes } = defaults ?? {};
  const machines = entriesOf(list).map(({ distribution, channel = usual, ...entry }) => {
    const provision = { channel, recipe: `rootless-${distribution}` };
    return { ...sizes, provision, ...entry } as Machine;
  });
  return { default: list.default, machines };
}

/** The entry of one machine, also by its name in another channel. Throws UNKNOWN_TARGET with the names that exist. */
export function findMachine(machines: Machines, name: string): Machine {
  const { machine: plain, channel } = parseChannelName(name);
  const machine = machines.machines.find((one) => one.name === plain);
  if (machine) return inChannel(machine, { channel });
  const names = machines.machines.map((one) => one.name).join(', ');
  const near = didYouMean(
    name,
    machines.machines.map((one) => one.name),
  );
  throw new RdcError('UNKNOWN_TARGET', `unknown machine '${name}'; there are ${names}${near}`, {
    hint: './rdc list --machines',
  });
}

function duplicateProblems(machines: Machines): string[] {
  const names = machines.machines.map((one) => one.name);
  const problems = names
    .map((name, index) => [name, index] as const)
    .filter(([name, index]) => names.indexOf(name) !== index)
    .map(([name, index]) => `/machines/${index}/name: '${name}' is already the name of another machine`);
  if (!names.includes(machines.default)) {
    problems.push(`/default: '${machines.default}' is not a machine; allowed: ${names.join(', ')}`);
  }
  return problems;
}

const provisionFolder = join(checkout, 'vms', 'provision');

function variantFile(variant: string): string {
  return join(provisionFolder, 'variants', `${variant.replaceAll(' ', '-')}.sh`);
}

/** What makes and proves a variant: `cgroup v1` is in variants/cgroup-v1.sh, after variant.sh. The Vagrantfile has the same rule. */
export function variantScript(variant: string): string {
  return [join(provisionFolder, 'variant.sh'), variantFile(variant)]
    .map((file) => readFileSync(file, 'utf8'))
    .concat('"$1"\n')
    .join('');
}

function variantProblems(machines: Machines): string[] {
  return machines.machines.flatMap(({ variant }, index) => {
    if (variant === undefined || existsSync(variantFile(variant))) return [];
    const known = readdirSync(dirname(variantFile(variant))).map((name) => name.replace(/\.sh$/, ''));
    return [
      `/machines/${index}/variant: '${variant}' has no script in vms/provision/variants; allowed: ${known.sort().join(', ')}`,
    ];
  });
}
