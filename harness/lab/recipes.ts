import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './cache-paths.ts';
import type { Machine } from './machines.ts';

const folder = join(checkout, 'vms', 'provision');
const stepsLine = /^\. "\$\{0%\/\*\}\/steps\.sh".*$/m;

/** What `--recipe` takes: `debian` for vms/provision/rootless-debian.sh, and so on. */
export function recipeNames(): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^rootless-([a-z0-9-]+)\.sh$/.exec(file)?.[1] ?? [])
    .sort();
}

/** The scripts that make a machine, by file name, as they run in it: a recipe holds its common steps itself. */
export function provisionScripts({ box, provision }: Machine): Record<string, string> {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const recipe = `${provision.recipe}.sh`;
  // so a recipe needs no second file beside it
  const whole = read(recipe).replace(stepsLine, () => read('steps.sh').trimEnd());
  const base = box.image === undefined ? read('base.sh') : putBefore(read('base.sh'), read('from-image.sh'));
  return { 'base.sh': base, 'kernel-args.sh': read('kernel-args.sh'), [recipe]: whole };
}

function putBefore(script: string, preparation: string): string {
  return script.replace(/^set -eu$/m, (line) => `${line}\n\n${preparation.trimEnd()}`);
}
