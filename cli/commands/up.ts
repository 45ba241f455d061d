import { findMachine, type Machine } from '../../harness/lab/catalog/machines.ts';
import { bringUp } from '../../harness/lab/machine/bring-up.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { releaseMachine } from '../../harness/this-machine/locks.ts';
import { type CommonOptions, parseCommon } from '../options/options.ts';
import { enterLab } from '../targets/enter-lab.ts';
import { imageMachine, refuseImageOptions } from '../targets/image-target.ts';

export const say = (text: string) => void process.stderr.write(`${text}\n`);

/** `rdc up`: machines with rootless Docker running, left running. */
export async function upCommand(words: readonly string[]): Promise<number> {
  const { options, positionals } = parseCommon(words, {
    command: 'up',
    takes: ['fresh', 'lab', 'image', 'recipe', 'sha256'],
  });
  const machines = await machinesToBringUp(positionals, options);
  await enterLab({ machines, lab: options.lab, onStage: say });
  for (const machine of machines) {
    const handle = await bringUp(machine, { fresh: options.fresh, onStage: (text) => say(`${machine.name}: ${text}`) });
    releaseMachine(machine.name);
    say(
      `${machine.name}: up, ${handle.restored ? 'from its snapshot' : 'booted anew'} (${handle.accel}); ./rdc ssh ${machine.name}`,
    );
  }
  return exitCodes.ok;
}

async function machinesToBringUp(names: readonly string[], options: CommonOptions): Promise<Machine[]> {
  if (options.image !== undefined) return [await imageMachine(names, options)];
  refuseImageOptions(options);
  const all = knownMachines();
  return (names.length === 0 ? [all.default] : names).map((name) => findMachine(all, name));
}
