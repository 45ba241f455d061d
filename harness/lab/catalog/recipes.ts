import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { RdcError } from '../../messages/errors.ts';
import { checkout } from '../../this-machine/paths.ts';
import { type Distributions, distributionsSchema } from './machines.schema.ts';
import type { Machine } from './machines.ts';

const folder = join(checkout, 'vms', 'provision');
export const distributionsFile = join(checkout, 'vms', 'distributions.json');
const stepsLine = /^\. "\$\{0%\/\*\}\/steps\.sh".*$/m;
const validate = new Ajv({ allErrors: true, strict: false }).compile<Distributions>(distributionsSchema);

function readDistributions(): Distributions {
  const value: unknown = JSON.parse(readFileSync(distributionsFile, 'utf8'));
  if (validate(value)) return value;
  const problems = (validate.errors ?? []).map(({ instancePath, message }) => `\n  ${instancePath || '/'} ${message}`);
  throw new RdcError('CONFIG', `${distributionsFile}:${problems.join('')}`, {
    hint: 'the allowed values are described in harness/lab/catalog/machines.schema.ts',
  });
}

/** What `--recipe` takes: the distributions of vms/distributions.json. */
export function recipeNames(): string[] {
  return Object.keys(readDistributions()).sort();
}

/** The entry of a machine's distribution. Throws CONFIG where there is none. */
export function distributionOf({ provision }: Machine): Distributions[string] {
  const name = provision.recipe.replace(/^rootless-/, '');
  const distribution = readDistributions()[name];
  if (distribution) return distribution;
  throw new RdcError('CONFIG', `vms/distributions.json has no entry ${JSON.stringify(name)}`, {
    hint: `known: ${recipeNames().join(', ')}`,
  });
}

/** The script of a machine's channel: each is what another manual says. Throws CONFIG where the distribution has none. */
function recipeFile(machine: Machine): string {
  const { channel } = machine.provision;
  const { script, prerequisites, upstream } = distributionOf(machine);
  if (channel === 'distro') return script ?? 'rootless.sh';
  if (prerequisites !== undefined && (channel !== 'upstream' || upstream !== undefined))
    return `rootless-${channel}.sh`;
  const lacks = channel === 'upstream' && prerequisites !== undefined ? 'upstream' : 'prerequisites';
  throw new RdcError('CONFIG', `${machine.name}: channel ${channel} is not described for ${machine.provision.recipe}`, {
    hint: `vms/distributions.json says nothing of its "${lacks}"; --channel distro is always there`,
  });
}

/** The scripts that make a machine, by file name, as they run in it: a recipe holds its common steps itself. */
export function provisionScripts(machine: Machine): Record<string, string> {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const recipe = recipeFile(machine);
  // so a recipe needs no second file beside it
  const whole = read(recipe).replace(stepsLine, () => read('steps.sh').trimEnd());
  const base = machine.box.image === undefined ? read('base.sh') : putBefore(read('base.sh'), read('from-image.sh'));
  const prepare = machine.box.name === undefined ? {} : { 'from-image.sh': read('from-image.sh') };
  return { ...prepare, 'base.sh': base, 'kernel-args.sh': read('kernel-args.sh'), [recipe]: whole };
}

/** A recipe's entry as its script takes it: `packagesIfKnown` is RDC_PACKAGES_IF_KNOWN. The Vagrantfile has the same rule. */
export function recipeEnvironment(machine: Machine): Record<string, string> {
  const entries = Object.entries(distributionOf(machine)).map(([name, value]) => [
    `RDC_${name.replaceAll(/(?=[A-Z])/g, '_').toUpperCase()}`,
    [value].flat().join(' '),
  ]);
  const prefix = machine.engine?.prefix;
  return {
    ...Object.fromEntries(entries),
    RDC_RECIPE: machine.provision.recipe,
    ...(prefix === undefined ? {} : { RDC_ENGINE_PREFIX: prefix }),
  };
}

function putBefore(script: string, preparation: string): string {
  return script.replace(/^set -eu$/m, (line) => `${line}\n\n${preparation.trimEnd()}`);
}
