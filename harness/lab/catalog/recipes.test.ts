import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test as it } from 'vitest';
import { checkout } from '../../this-machine/paths.ts';
import { type Machine, readMachines } from './machines.ts';
import { provisionScripts, recipeNames } from './recipes.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-recipes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const provision = (file: string) => readFileSync(join(checkout, 'vms', 'provision', file), 'utf8');
const { machines } = readMachines();
const machineOf = (recipe: string): Machine => {
  const machine = machines.find((one) => one.name === 'fedora-44');
  if (!machine) throw new Error('fedora-44 is gone');
  return { ...machine, provision: { channel: 'distro', recipe: `rootless-${recipe}` } };
};

it('every machine has a recipe that is there', () => {
  const recipes = machines.map((machine) => machine.provision.recipe.replace('rootless-', ''));
  expect(recipes.filter((recipe) => !recipeNames().includes(recipe))).toEqual([]);
});

it.each(recipeNames())('%s is one script that a POSIX shell can read', (recipe) => {
  const scripts = provisionScripts(machineOf(recipe));
  const whole = Object.entries(scripts).find(([name]) => name.startsWith('rootless'))?.[1] ?? '';
  expect(whole).not.toMatch(/^\. /m);
  expect(whole).toContain('close_login() {');
  for (const [name, text] of Object.entries(scripts)) {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' });
    expect(status, `${name}: ${stderr}`).toBe(0);
  }
});

it('a machine that is built here is made by the scripts as they lie there; a recipe holds its common steps', () => {
  const machine = machines.find((one) => one.name === 'debian-13');
  const { 'rootless.sh': recipe, ...others } = machine ? provisionScripts(machine) : {};
  expect(others).toEqual({ 'base.sh': provision('base.sh'), 'kernel-args.sh': provision('kernel-args.sh') });
  expect(recipe).toContain(provision('steps.sh').trimEnd());
});

it('packages come from the entry of the distribution, those that only some releases have where they are known', () => {
  const script = `set -eu
    as_root() { echo "$1: $2"; }
    ${provision('rootless.sh')
      .replace(/^\. .*$/m, '')
      .replace(/^install_rootless_docker$/m, 'install_packages')}`;
  const env = {
    ...process.env,
    RDC_RECIPE: 'rootless-test',
    RDC_INSTALL: 'install -y',
    RDC_PACKAGES: 'a b',
    RDC_PACKAGES_IF_KNOWN: 'c d',
    RDC_KNOWS: 'test c =',
    RDC_MODULES: 'x y',
  };
  const { stdout, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env });
  expect({ stdout, status }).toEqual({ stdout: 'packages: install -y a b c\nmodules: modprobe -a x y\n', status: 0 });
});

it('an unknown recipe is answered with the known ones', () => {
  expect(() => provisionScripts(machineOf('gentoo'))).toThrow('vms/distributions.json has no entry "gentoo"');
});

const nasty = 'a "quote", a \\ backslash,\ta tab,\r\n\x1b[31mred\x1b[0m, \x07 bell, ü and $(id) `id` %s\nlast line';

it('the steps of a recipe are JSON, whatever a command printed', () => {
  // the recipe's user and its home are not on this machine
  const script = `set -eu
    id() { echo 1000; }
    getent() { echo tester:x:1000:1000::${folder}:/bin/sh; }
    recipe=rootless-test
    . ${join(checkout, 'vms', 'provision', 'steps.sh')}
    as_root 'first step' 'cat; exit 3' </dev/null || true
    cat >"$state/nasty" && record 'what "it" printed' '# cmd \\n' 7 <"$state/nasty"
    yes 'a line of output' | head -n 1000 | record long '# yes' 0
    mkdir -p ${folder}/.ssh && touch ${folder}/.ssh/authorized_keys
    (exit 0); finish`;
  const { status, stderr } = spawnSync('sh', ['-c', script], {
    input: nasty,
    encoding: 'utf8',
    env: { ...process.env, RDC_STATE: join(folder, 'state') },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const install = JSON.parse(readFileSync(join(folder, 'state', 'install.json'), 'utf8'));
  expect(install).toMatchObject({ recipe: 'rootless-test', user: 'tester' });
  const [first, second, third] = install.steps;
  expect(first).toMatchObject({ name: 'first step', command: '# cat; exit 3', exitCode: 3, output: '' });
  expect(second).toMatchObject({ name: 'what "it" printed', command: '# cmd \\n', exitCode: 7 });
  expect(second.output).toBe('a "quote", a \\ backslash, a tab,\nred, ? bell, ?? and $(id) `id` %s\nlast line');
  expect(third.output).toMatch(/^\[first 13000 bytes left out\]\n/);
  expect(third.output.length).toBeLessThan(4_100);
});

it('machines from an image are listed apart, and are machines as the others', () => {
  const list = JSON.parse(readFileSync(join(checkout, 'vms', 'machines.json'), 'utf8'));
  const fromImages = (machine: Machine) => machine.box.image !== undefined;
  expect(list.machines.filter(fromImages)).toEqual([]);
  expect(list.fromImages.every(fromImages)).toBe(true);
  expect(machines.map(({ name }) => name)).toContain('fedora-44');
});
