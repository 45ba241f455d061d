import { setTimeout as delay } from 'node:timers/promises';
import type { Transport } from './transport.ts';

/** A transport that can end its connection and make another one, for everybody who holds it. */
export type RenewableTransport = Transport & {
  /** a login of the same user, in place of the one there is or was; throws what the login throws, and stays as it was */
  renew(): Promise<void>;
};

/** A machine that went down never answers the end of a connection. */
const farewellMs = 5_000;

export async function renewable(open: () => Promise<Transport>): Promise<RenewableTransport> {
  let current = await open();
  const close = () => Promise.race([current.close(), delay(farewellMs, undefined, { ref: false })]);
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
