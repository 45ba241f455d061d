import { findMachine, type Machine } from '../../harness/lab/catalog/machines.ts';
import { asArguments } from '../../harness/lab/catalog/provider-names.ts';
import { bringUp } from '../../harness/lab/machine/bring-up.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { releaseMachine } from '../../harness/this-machine/locks.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import {
  type ChannelOptions,
  channel,
  engine,
  enginePrefix,
  fresh,
  type ImageOptions,
  image,
  lab,
  provider,
  recipe,
  sha256,
} from '../options/options.ts';
import { say } from '../options/output.ts';
import { channelOf } from '../targets/channel-target.ts';
import { enterLab } from '../targets/enter-lab.ts';
import { imageMachine, refuseImageOptions } from '../targets/image-target.ts';

const declared = declare('up', 'Boots machines of the lab with rootless Docker running, and leaves them running.', {
  examples: ['up debian-13', 'up my-release --image FILE.qcow2 --recipe debian'],
})
  .argument('[machines...]', 'machines of vms/machines.json (default: debian-13); with --image, one name')
  .addOption(fresh)
  .addOption(image)
  .addOption(recipe)
  .addOption(sha256)
  .addOption(channel)
  .addOption(engine)
  .addOption(enginePrefix)
  .addOption(provider)
  .addOption(lab);

export const command = defineCommand(declared, async ([names], options) => {
  const machines = await machinesToBringUp(names, options);
  await enterLab({ machines, options, onStage: say });
  for (const machine of machines) {
    const onStage = (text: string) => say(`${machine.name}: ${text}`);
    const { provider } = options;
    const { name, restored, accel } = await bringUp(machine, { provider, fresh: options.fresh === true, onStage });
    releaseMachine(name);
    const from = restored ? 'from its snapshot' : 'booted from scratch';
    onStage(`up, ${from} (${accel === 'none' ? 'container' : accel}); ./rdc ssh ${asArguments(name)}`);
  }
  return exitCodes.ok;
});

async function machinesToBringUp(names: readonly string[], options: ImageOptions & ChannelOptions): Promise<Machine[]> {
  const inChannel = await channelOf(options);
  return (await namedMachines(names, options)).map(inChannel);
}

async function namedMachines(names: readonly string[], options: ImageOptions): Promise<Machine[]> {
  if (options.image !== undefined) return [await imageMachine(names, options)];
  refuseImageOptions(options);
  const all = knownMachines();
  return (names.length === 0 ? [all.default] : names).map((name) => findMachine(all, name));
}
