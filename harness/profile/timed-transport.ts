import { timeCall } from '../target-host/transport/call-timing.ts';
import type { Transport } from '../target-host/transport/transport.ts';

/** A transport whose login and commands can be timed. */
export async function openTimed(open: () => Promise<Transport>): Promise<Transport> {
  const transport = await timeCall('guest', open);
  return {
    ...transport,
    run: (commandLine, options) => timeCall('guest', () => transport.run(commandLine, options)),
  };
}
