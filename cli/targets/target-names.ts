import { userInfo } from 'node:os';
import { findMachine, type Machine } from '../../harness/lab/catalog/machines.ts';
import { knownMachines } from '../../harness/lab/machine/known-machines.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { ChannelOptions, ImageOptions } from '../options/options.ts';
import { channelOf, refuseChannelOptions } from './channel-target.ts';
import { imageMachine, refuseImageOptions } from './image-target.ts';
import { type Destination, sshConfig } from './ssh-config.ts';

/** What a TARGET on the command line stands for. */
export type TargetName =
  | { readonly kind: 'machine'; readonly name: string; readonly machine: Machine }
  | {
      readonly kind: 'ssh';
      readonly name: string;
      readonly user: string;
      readonly host: string;
      readonly port?: number;
    }
  | { readonly kind: 'local'; readonly name: string };

export type TargetOf<Kind extends TargetName['kind']> = Extract<TargetName, { kind: Kind }>;
export type Targets = readonly [TargetName, ...TargetName[]];

/** The same with `--image FILE`, which makes a machine of its own of it. */
export async function resolveTargetsOf(
  words: readonly string[],
  options: ImageOptions & ChannelOptions,
): Promise<Targets> {
  const targets = await namedTargets(words, options);
  const inChannel = await channelOf(options);
  const settled = targets.map((target) => {
    if (target.kind === 'machine') {
      const machine = inChannel(target.machine);
      return { ...target, name: machine.name, machine };
    }
    refuseChannelOptions(options, target.name);
    return target;
  });
  return settled as readonly TargetName[] as Targets;
}

async function namedTargets(words: readonly string[], options: ImageOptions): Promise<Targets> {
  if (options.image === undefined) {
    refuseImageOptions(options);
    return resolveTargets(words);
  }
  const machine = await imageMachine(words, options);
  return [{ kind: 'machine', name: machine.name, machine }];
}

/** Names from machines.json, `ssh://USER@HOST[:PORT]`, `local`; without any, the default machine. */
export function resolveTargets(words: readonly string[]): Targets {
  const machines = knownMachines();
  const resolve = (word: string): TargetName => {
    if (word === 'local') return { kind: 'local', name: `local-${userInfo().username}` };
    if (word.startsWith('ssh://')) return parseSshUrl(word);
    return { kind: 'machine', name: word, machine: findMachine(machines, word) };
  };
  const [first = machines.default, ...others] = new Set(words);
  return [resolve(first), ...others.map(resolve)];
}

const sshUrl =
  /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9._-]*)@)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::(\d{1,5}))?\/?$/;

/** The port is part of the name when it is typed, since one address may forward to many hosts. */
function parseSshUrl(word: string): TargetOf<'ssh'> {
  const { host, port, user: typed } = parseDestination(word);
  const user = typed ?? sshConfig({ host }).user;
  const name = `${user}@${host}${port === undefined || port === 22 ? '' : `:${port}`}`.replaceAll(':', '_');
  return { kind: 'ssh', name, user, host, ...(port === undefined ? {} : { port }) };
}

/** `ssh://[USER@]HOST[:PORT]`; throws UNKNOWN_TARGET. */
export function parseDestination(word: string): Destination {
  const [, user, host, digits] = sshUrl.exec(word) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new RdcError('UNKNOWN_TARGET', `${JSON.stringify(word)} is not ssh://[USER@]HOST[:PORT]`, {
      hint: './rdc run ssh://tester@host.example:22 --identity ~/.ssh/id_ed25519',
    });
  }
  return { host: host.replace(/^\[|\]$/g, ''), port, user };
}
