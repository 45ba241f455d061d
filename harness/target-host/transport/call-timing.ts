import { tracingChannel } from 'node:diagnostics_channel';
import type { Transport } from './transport.ts';

/** What a check waits for; for requests to the daemon, node:http has channels of its own (time-split.ts). */
export type Port = 'guest' | 'container';

const channels = { guest: tracingChannel('rdc:guest'), container: tracingChannel('rdc:container') } as const;

/** Does the work; a profile of the run hears when it begins and when it settles. */
export function timeCall<T>(port: Port, work: () => Promise<T>): Promise<T> {
  const channel = channels[port];
  return channel.hasSubscribers ? channel.tracePromise(work, {}) : work();
}

export function callChannel(port: Port): (typeof channels)[Port] {
  return channels[port];
}

export async function openTimed(open: () => Promise<Transport>): Promise<Transport> {
  const transport = await timeCall('guest', open);
  return { ...transport, run: (...command) => timeCall('guest', () => transport.run(...command)) };
}
