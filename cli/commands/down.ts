import { findMachine, type Machine } from '../../harness/lab/catalog/machines.ts';
import { chooseLab, ensureLab, findLab, isInsideLab, stopLab } from '../../harness/lab/libvirt/hermetic-lab.ts';
import { forgetImageMachine } from '../../harness/lab/machine/image-machine.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { destroyMachine, downAll } from '../../harness/lab/machine/take-down.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { type CommonOptions, parseCommon } from '../options/options.ts';
import { say } from './up.ts';

/** `rdc down`: with names, those machines; without, every machine and the lab. */
export async function downCommand(words: readonly string[]): Promise<number> {
  const { options, positionals } = parseCommon(words, { command: 'down', takes: ['lab'] });
  const all = knownMachines();
  const machines = positionals.map((name) => findMachine(all, name));
  if (machines.length > 0) return await removeMachines(machines, options);
  for (const name of await downAll()) say(`${name}: off`);
  if (!isInsideLab()) {
    const ended = await stopLab();
    if (ended > 0) say(`the lab is gone (${ended} processes ended)`);
  }
  return exitCodes.ok;
}

/** In the lab, which is there for that long only where it was not before. */
async function removeMachines(machines: readonly Machine[], { lab }: CommonOptions): Promise<number> {
  const isMade = chooseLab(lab) === 'hermetic' && findLab() === undefined;
  if (isMade) await ensureLab();
  try {
    for (const { name } of machines) {
      await destroyMachine(name);
      await forgetImageMachine(name);
      say(`${name}: gone`);
    }
  } finally {
    if (isMade) await stopLab();
  }
  return exitCodes.ok;
}
