import { findMachine, type Machine } from '../../harness/lab/catalog/machines.ts';
import { labNameOf } from '../../harness/lab/catalog/provider-names.ts';
import { chooseLab, ensureLab, findLab, isInsideLab, stopLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { forgetImageMachine } from '../../harness/lab/machine/image-machine.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { providers } from '../../harness/lab/machine/providers.ts';
import { destroyMachine, downAll } from '../../harness/lab/machine/take-down.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { releaseMachine } from '../../harness/this-machine/locks.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { type LabOptions, lab, provider } from '../options/options.ts';
import { say } from '../options/output.ts';
import { settleLab } from '../targets/enter-lab.ts';

const about =
  'Without a name: powers off every machine and removes the lab with its network and processes; snapshots and boxes stay ' +
  'in the cache. With names: removes these machines, their disks and their snapshots.';

const declared = declare('down', about, { examples: ['down', 'down debian-13'] })
  .argument('[machines...]', 'machines of the lab')
  .addOption(provider)
  .addOption(lab);

export const command = defineCommand(declared, async ([names], options) => {
  const all = knownMachines();
  const machines = names.map((name) => findMachine(all, name));
  if (machines.length > 0) return await removeMachines(machines, options);
  for (const name of await downAll()) say(`${name}: off`);
  if (!isInsideLab()) {
    const ended = await stopLab();
    if (ended > 0) say(`lab removed (${ended} processes ended)`);
  }
  return exitCodes.ok;
});

/** In the lab; where there was none, it is started for this and stopped again. */
async function removeMachines(machines: readonly Machine[], options: LabOptions): Promise<number> {
  const { lab, provider } = settleLab(options);
  const isMade = chooseLab(lab) === 'hermetic' && findLab() === undefined;
  if (isMade) await ensureLab();
  try {
    for (const { name } of machines) {
      await destroyMachine(labNameOf(name, provider));
      releaseMachine(labNameOf(name, provider));
      await forgetImageMachine(name);
      say(`${name}: removed`);
    }
    await providers[provider].leave();
  } finally {
    if (isMade) await stopLab();
  }
  return exitCodes.ok;
}
