import { tracingChannel } from 'node:diagnostics_channel';
import type { Transport } from './transport.ts';

/**
 * Where a check waits for something outside of this process. Nobody listens unless a run is profiled, and then a call
 * costs one look at a list that is empty. What is asked of the daemon is not told here: both of its clients go through
 * node:http, which has channels of its own (see time-split.ts).
 */
export type Port = 'guest' | 'container';

const channels = { guest: tracingChannel('rdc:guest'), container: tracingChannel('rdc:container') } as const;

/** Does the work and tells who listens when it began and when it settled. */
export function timeCall<T>(port: Port, work: () => Promise<T>): Promise<T> {
  const channel = channels[port];
  return channel.hasSubscribers ? channel.tracePromise(work, {}) : work();
}

export function callChannel(port: Port): (typeof channels)[Port] {
  return channels[port];
}

/** A transport whose login and commands can be timed. */
export async function openTimed(open: () => Promise<Transport>): Promise<Transport> {
  const transport = await timeCall('guest', open);
  return {
    ...transport,
    run: (commandLine, options) => timeCall('guest', () => transport.run(commandLine, options)),
  };
}
