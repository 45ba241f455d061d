import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath, cacheRoot, checkout, imageMachineFolder } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import { type Machine, readMachines } from '../catalog/machines.ts';
import { distributionsFile, provisionScripts } from '../catalog/recipes.ts';
import { imageBox } from '../disks/cloud-image-box.ts';
import { askLibvirt, removeVolume } from '../libvirt/domain.ts';
import { poolName, vagrantCommand, vagrantEnvironment } from '../libvirt/vagrant-and-virsh.ts';

/**
 * Writes the folder in which Vagrant works for a machine made from an image: this checkout's Vagrantfile, a
 * machines.json with this one machine, and the scripts as they run in it. The machine is known by its name from then
 * on (`rdc ssh`, `rdc down`), also if the machines.json of the checkout lacks it.
 */
export async function writeImageMachine(machine: Machine): Promise<void> {
  const folder = imageMachineFolder(machine.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'vms', 'provision'), { recursive: true, mode: 0o700 });
  copyFileSync(join(checkout, 'Vagrantfile'), join(folder, 'Vagrantfile'));
  copyFileSync(distributionsFile, join(folder, 'vms', 'distributions.json'));
  for (const [file, text] of Object.entries(provisionScripts(machine)))
    writeFileSync(join(folder, 'vms', 'provision', file), text);
  const { id, path } = await imageBox(machine.box.sha256 ?? '');
  const wrapped = { ...machine, box: { name: `rdc/${id}`, url: `file://${path}` } };
  const list = (one: object) => JSON.stringify({ default: machine.name, machines: [one] }, null, 2);
  writeFileSync(join(folder, 'vms', 'machines.json'), list(wrapped));
  writeFileSync(join(folder, 'machine.json'), list(machine));
}

/** The machines made from images that lie in the cache, as their entries would be in machines.json. */
export function imageMachines(): Machine[] {
  const folder = join(cacheRoot(), 'image-machines');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      try {
        return readMachines(join(folder, name, 'machine.json')).machines;
      } catch {
        // written by another version, or by a process that was killed: such a machine is made anew
        return [];
      }
    });
}

/** Forgets such a machine, and its box unless another machine is made from the same image or it is the one to keep. */
export async function forgetImageMachine(name: string, keep?: string): Promise<void> {
  const all = imageMachines();
  const sha256 = all.find((one) => one.name === name)?.box.sha256;
  const isShared = all.some((other) => other.name !== name && other.box.sha256 === sha256);
  if (sha256 !== undefined && sha256 !== keep && !isShared) await dropBox(name, sha256);
  // last: what is still known can be forgotten once more
  rmSync(imageMachineFolder(name), { recursive: true, force: true });
}

async function dropBox(name: string, sha256: string): Promise<void> {
  const { id, path } = await imageBox(sha256);
  if (existsSync(cachePath('vagrant', 'boxes', `rdc-VAGRANTSLASH-${id}`))) {
    await runLogged(vagrantCommand('box', 'remove', `rdc/${id}`, '--all', '--force'), {
      log: `vagrant-box-${name}`,
      code: 'MACHINE',
      what: `vagrant box remove rdc/${id}`,
      timeoutMs: 120_000,
      env: vagrantEnvironment(),
    });
  }
  const listed = (await askLibvirt('vol-list', '--pool', poolName())) ?? '';
  const volumes = listed.matchAll(new RegExp(`rdc-VAGRANTSLASH-${id}_[^\\s/]+\\.img`, 'g'));
  for (const volume of new Set([...volumes].map(([name]) => name))) await removeVolume(volume);
  for (const file of [path, `${path}.keys.json`]) rmSync(file, { force: true });
}
