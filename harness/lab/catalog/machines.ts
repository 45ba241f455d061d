import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { systemErrorText } from '../../messages/error-text.ts';
import { RdcError } from '../../messages/errors.ts';
import { checkout } from '../../this-machine/paths.ts';
import { readRegularFile } from '../../this-machine/read-file.ts';
import { type Machine, type MachineEntry, type MachineList, type Machines, machinesSchema } from './machines.schema.ts';

export type { Machine, Machines };

const maxBytes = 4 * 1024 * 1024;

const validate = new Ajv({ allErrors: true, verbose: true, strict: false }).compile<MachineList>(machinesSchema);

/** The file that lists the machines: `RDC_MACHINES`, else vms/machines.json of this checkout. */
export function machinesFile(): string {
  return process.env.RDC_MACHINES || join(checkout, 'vms', 'machines.json');
}

/** Reads and checks the list of machines, those from images at its end. Throws CONFIG with every problem at once. */
export function readMachines(file: string = machinesFile()): Machines {
  const value = parseFile(file);
  const problems = validate(value)
    ? [...incompleteProblems(value), ...duplicateProblems(complete(value)), ...variantProblems(complete(value))]
    : (validate.errors ?? []).filter(isDecisive).map(describeProblem).filter(isNew);
  if (problems.length === 0) return complete(value as MachineList);
  const list = problems.map((problem) => `\n  ${problem}`).join('');
  throw new RdcError('CONFIG', `${file}: ${problems.length} problem${problems.length === 1 ? '' : 's'}${list}`, {
    hint: 'the allowed values are described in harness/lab/catalog/machines.schema.ts',
  });
}

function parseFile(file: string): unknown {
  let text: string;
  try {
    text = readRegularFile(file, maxBytes).toString('utf8');
  } catch (cause) {
    const hint = process.env.RDC_MACHINES ? 'RDC_MACHINES=FILE: a list as vms/machines.json is one' : `ls -l ${file}`;
    throw new RdcError('CONFIG', `${file} cannot be read: ${systemErrorText(cause)}`, { hint, cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = `node --print 'JSON.parse(require("fs").readFileSync("${file}"))'`;
    throw new RdcError('CONFIG', `${file}: ${(cause as Error).message}`, { hint, cause });
  }
}

function entriesOf({ machines, fromImages = [] }: MachineList): MachineEntry[] {
  return [...machines, ...fromImages];
}

function incompleteProblems({ defaults, ...list }: MachineList): string[] {
  return entriesOf(list).flatMap((entry, index) => {
    const whole = { ...defaults, ...entry };
    const sizes = (['cpus', 'memoryMiB', 'serialPorts'] as const).filter((name) => whole[name] === undefined);
    const hasOneRecipe = (entry.distribution === undefined) !== (entry.provision === undefined);
    const hasChannel = entry.provision !== undefined || defaults?.channel !== undefined;
    return [
      ...sizes.map((name) => `/machines/${index}: '${name}' is missing, here and in /defaults`),
      ...(hasOneRecipe ? [] : [`/machines/${index}: either 'distribution' or 'provision' is to be given`]),
      ...(hasChannel ? [] : [`/defaults: 'channel' is missing`]),
    ];
  });
}

function complete({ defaults, ...list }: MachineList): Machines {
  const { channel = 'distro', ...sizes } = defaults ?? {};
  const machines = entriesOf(list).map(({ distribution, ...entry }) => {
    const provision = { channel, recipe: `rootless-${distribution}` };
    return { ...sizes, provision, ...entry } as Machine;
  });
  return { default: list.default, machines };
}

/** The entry of one machine. Throws UNKNOWN_TARGET with the names that exist. */
export function findMachine(machines: Machines, name: string): Machine {
  const machine = machines.machines.find((one) => one.name === name);
  if (machine) return machine;
  const names = machines.machines.map((one) => one.name).join(', ');
  throw new RdcError('UNKNOWN_TARGET', `no machine is called '${name}': there are ${names}`, {
    hint: './rdc list --machines',
  });
}

/** Why each alternative of a `oneOf` does not fit says less than what the alternatives are. */
function isDecisive(error: ErrorObject): boolean {
  return !error.schemaPath.includes('/oneOf/');
}

function isNew(problem: string, index: number, all: string[]): boolean {
  return all.indexOf(problem) === index;
}

function duplicateProblems(machines: Machines): string[] {
  const names = machines.machines.map((one) => one.name);
  const problems = names
    .map((name, index) => [name, index] as const)
    .filter(([name, index]) => names.indexOf(name) !== index)
    .map(([name, index]) => `/machines/${index}/name: '${name}' is the name of another machine already`);
  if (!names.includes(machines.default)) {
    problems.push(`/default: '${machines.default}' is none of the machines; allowed: ${names.join(', ')}`);
  }
  return problems;
}

/** The script that makes a variant: `cgroup v1` is made by vms/provision/variants/cgroup-v1.sh. The Vagrantfile has the same rule. */
export function variantScript(variant: string): string {
  return join(checkout, 'vms', 'provision', 'variants', `${variant.replaceAll(' ', '-')}.sh`);
}

function variantProblems(machines: Machines): string[] {
  return machines.machines.flatMap(({ variant }, index) => {
    if (variant === undefined || existsSync(variantScript(variant))) return [];
    const known = readdirSync(dirname(variantScript(variant))).map((name) => name.replace(/\.sh$/, ''));
    return [
      `/machines/${index}/variant: '${variant}' is made by no script in vms/provision/variants; allowed: ${known.sort().join(', ')}`,
    ];
  });
}

/** One problem as `path: what is wrong, what came; allowed: ...`. */
function describeProblem(error: ErrorObject): string {
  const path = error.instancePath || '/';
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
      return `${path}: unknown property '${String(params.additionalProperty)}'; allowed: ${Object.keys((error.parentSchema as { properties: object }).properties).join(', ')}`;
    case 'required':
      return `${path}: '${String(params.missingProperty)}' is missing`;
    case 'enum':
      return `${path}: ${show(error.data)}; allowed: ${(params.allowedValues as unknown[]).map(show).join(', ')}`;
    case 'oneOf':
      return path.endsWith('/box')
        ? `${path}: not one kind of box; allowed: {build: {distribution, release}}, {name, version, url?, sha256?} or {image, sha256?}`
        : `${path}: ${show(error.data)}; allowed: false or {date, versions, judged? | part?}`;
    default:
      return `${path}: ${show(error.data)} ${error.message ?? error.keyword}`;
  }
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80);
}
