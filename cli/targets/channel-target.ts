import { inChannel, parseChannelName } from '../../harness/lab/catalog/channels.ts';
import type { Machine } from '../../harness/lab/catalog/machines.ts';
import { readEngine } from '../../harness/lab/disks/engine-files.ts';
import type { ChannelOptions } from '../options/options.ts';
import { usageError } from '../options/values.ts';

const example = './rdc run debian-13 --provider nspawn --engine FOLDER';

/**
 * What `--channel` and `--engine` make of the machines that a command names: Docker gets onto them in that way. The
 * engine is read here, once for all. Throws USAGE or INPUT; nothing is started by then.
 */
export async function channelOf(options: ChannelOptions): Promise<(machine: Machine) => Machine> {
  const { channel, engine: source, enginePrefix: prefix } = options;
  if (source === undefined) {
    if (prefix !== undefined)
      throw usageError('--engine-prefix needs --engine FOLDER|ARCHIVE', `${example} --engine-prefix /usr/bin`);
    return (machine) => expectEngine(inChannel(machine, { channel }), options);
  }
  if (channel !== undefined)
    throw usageError('--channel and --engine cannot be used together: binaries are a channel of their own', example);
  const engine = { ...(await readEngine(source)), ...(prefix === undefined ? {} : { prefix }) };
  return (machine) => inChannel(machine, { channel: 'engine', engine });
}

/** As it stands it needs none: the programs are there. */
function expectEngine(machine: Machine, { asIs }: ChannelOptions): Machine {
  if (parseChannelName(machine.name).channel !== 'engine' || asIs) return machine;
  throw usageError(
    `${machine.name} needs the binaries: --engine FOLDER|ARCHIVE is missing (or --as-is, where it runs)`,
    example,
  );
}

/** Hosts in use have the Docker that they have. */
export function refuseChannelOptions({ channel, engine }: ChannelOptions, target: string): void {
  const stray = channel !== undefined ? '--channel' : engine !== undefined ? '--engine' : undefined;
  if (stray !== undefined) throw usageError(`${stray} is for machines of the lab (got: ${target})`, example);
}
