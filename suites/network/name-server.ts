import { randomInt } from 'node:crypto';
import { changeFile, type Target } from '../../harness/index.ts';
import { hostAddress, serveOnHost } from './host-server.ts';

/** On the loopback, where nobody else listens: 127.0.0.1 and 127.0.0.53 may be the host's own resolver. */
const randomAddress = () => `127.${[randomInt(64, 255), randomInt(1, 255), randomInt(1, 255)].join('.')}`;

export type NameServer = AsyncDisposable & {
  /** what every name is given, the host's own address; of a random name only this server can have told it */
  readonly told: string;
};

/** Until it is disposed of, the host's /etc/resolv.conf names a server of ours, and no other. */
export async function becomeNameServer(target: Target): Promise<NameServer> {
  // another server each time: what the network driver remembers of an earlier one is of no use to it
  const server = randomAddress();
  // none of the loopback: a registry there may do without TLS, and Docker asks it again past a proxy for HTTPS
  const told = await hostAddress(target);
  const running = await serveOnHost(target, target.root, ['dns', '53', told, '9999', server]);
  // written and not replaced: it may be a symbolic link, and the network driver may have the file open
  const putBack = await changeFile(target.root, '/etc/resolv.conf', `echo nameserver ${server}`);
  return {
    told,
    [Symbol.asyncDispose]: async () => {
      await putBack();
      await running[Symbol.asyncDispose]();
    },
  };
}
