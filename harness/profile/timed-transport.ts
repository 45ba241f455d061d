import { throughPort } from '../target-host/transport/call-timing.ts';
import type { Transport } from '../target-host/transport/transport.ts';

/** A transport whose login and commands can be timed. */
export async function openTimed(open: () => Promise<Transport>): Promise<Transport> {
  const transport = await throughPort('guest', open);
  return {
    ...transport,
    run: (commandLine, options) => throughPort('guest', () => transport.run(commandLine, options)),
  };
}
