import type { Engine, Machine } from './machines.schema.ts';

/**
 * How Docker gets onto a machine: the distribution's packages, upstream's packages, upstream's install script in the
 * home of the user, or a folder of binaries that somebody brings (`--engine`).
 */
export const channels = ['distro', 'upstream', 'script', 'engine'] as const;
export type Channel = (typeof channels)[number];

/** Those that need nothing but their name. */
export const askableChannels = ['distro', 'upstream', 'script'] as const;

/** What is asked for in the place of a machine's own channel. */
export type Asked = { readonly channel?: Channel | undefined; readonly engine?: Engine | undefined };

/** The machine with Docker from elsewhere: another one, with a name, a disk and results of its own (`debian-13.script`). */
export function inChannel(machine: Machine, { channel = machine.provision.channel, engine }: Asked): Machine {
  if (channel === machine.provision.channel && engine === undefined) return machine;
  const { machine: name } = parseChannelName(machine.name);
  return {
    ...machine,
    name: `${name}.${channel}`,
    provision: { ...machine.provision, channel },
    verified: false,
    ...(engine === undefined ? {} : { engine }),
  };
}

/** Pure: `debian-13.script` is debian-13 by the script. Names of machines.json have no dot. */
export function parseChannelName(name: string): { readonly machine: string; readonly channel?: Channel } {
  const channel = channels.find((one) => name.endsWith(`.${one}`));
  return channel === undefined ? { machine: name } : { machine: name.slice(0, -channel.length - 1), channel };
}
