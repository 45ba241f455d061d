import { setTimeout as delay } from 'node:timers/promises';
import type { Transport } from './transport.ts';

/** A transport that can replace its connection, for everybody who holds it. */
export type RenewableTransport = Transport & {
  /** ends the connection and logs in again; throws what the login throws */
  renew(): Promise<void>;
};

export async function renewable(open: () => Promise<Transport>): Promise<RenewableTransport> {
  let current = await open();
  // a machine that went down never answers the end of a connection
  const close = () => Promise.race([current.close(), delay(5_000, undefined, { ref: false })]);
  return {
    run: (commandLine, options) => current.run(commandLine, options),
    connectSocket: (path) => current.connectSocket(path),
    close,
    async renew() {
      await close();
      current = await open();
    },
  };
}
