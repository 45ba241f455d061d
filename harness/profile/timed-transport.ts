import type { Transport } from '../transport/transport.ts';
import { throughPort } from './ports.ts';

/** A transport whose login and commands can be timed. */
export async function openTimed(open: () => Promise<Transport>): Promise<Transport> {
  const transport = await throughPort('guest', open);
  return {
    ...transport,
    run: (commandLine, options) => throughPort('guest', () => transport.run(commandLine, options)),
  };
}
