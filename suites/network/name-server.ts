import { randomInt } from 'node:crypto';
import { changeFile, mustRun, type Target } from '../../harness/checks/index.ts';
import { hostAddress, serveOnHost } from '../instruments/peers/host-server.ts';
import { startPeer } from '../instruments/peers/peer.ts';

/** On the loopback, where nobody else listens: 127.0.0.1 and 127.0.0.53 may be the host's own resolver. */
const randomAddress = () => `127.${[randomInt(64, 255), randomInt(1, 255), randomInt(1, 255)].join('.')}`;

export type NameServer = AsyncDisposable & {
  /** what every name is given, the host's own address; of a random name only this server can have told it */
  readonly told: string;
};

/** Where the host says whom it asks; dockerd takes the second one where systemd-resolved is all that the first one names. */
export const resolverFiles = '/etc/resolv.conf /run/systemd/resolve/resolv.conf';

/** Until it is disposed of, the host's /etc/resolv.conf names a server of ours, and no other. */
export async function becomeNameServer(target: Target, where: 'the loopback' | 'another host'): Promise<NameServer> {
  await using started = new AsyncDisposableStack();
  const peer = where === 'another host' ? started.use(await startPeer(target)) : null;
  // another server each time: what the network driver remembers of an earlier one is of no use to it
  const server = peer?.address ?? randomAddress();
  // none of the loopback: a registry there may do without TLS, and Docker asks it again past a proxy for HTTPS
  const told = await hostAddress(target);
  const at = peer === null ? target.root : { shell: peer.shell, exec: target.root.exec };
  started.use(await serveOnHost(target, at, ['dns', '53', told, '9999', server]));
  // written and not replaced: it may be a symbolic link, and the network driver may have the file open
  const there = await mustRun(target.root, `for f in ${resolverFiles}; do [ ! -e $f ] || echo $f; done`);
  for (const file of there.trim().split('\n'))
    started.defer(await changeFile(target.root, file, `echo nameserver ${server}`));
  const all = started.move();
  return { told, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
