import { randomInt } from 'node:crypto';
import { changeFile, mustRun, type Target } from '../../harness/checks/index.ts';
import { hostAddress, serveOnHost } from '../instruments/peers/host-server.ts';
import { startPeer } from '../instruments/peers/peer.ts';

/** 127.0.0.1 and 127.0.0.53 may be the host's own resolver. */
const randomAddress = () => `127.${[randomInt(64, 255), randomInt(1, 255), randomInt(1, 255)].join('.')}`;

/** dockerd takes the second file if the first names only systemd-resolved. */
export const resolverFiles = '/etc/resolv.conf /run/systemd/resolve/resolv.conf';

/** The host's /etc/resolv.conf names only our server until disposed of. */
export async function becomeNameServer(target: Target, where: 'the loopback' | 'another host') {
  await using started = new AsyncDisposableStack();
  const peer = where === 'another host' ? started.use(await startPeer(target)) : null;
  // another server each time, so that nothing remembered helps
  const server = peer?.address ?? randomAddress();
  // not loopback: Docker asks a registry there without TLS and past a proxy
  const told = await hostAddress(target);
  const at = peer === null ? target.root : { shell: peer.shell, exec: target.root.exec };
  started.use(await serveOnHost(target, at, ['dns', '53', told, '9999', server]));
  // written, not replaced: it may be a link, or be held open by the network driver
  const there = await mustRun(target.root, `for f in ${resolverFiles}; do [ ! -e $f ] || echo $f; done`);
  for (const file of there.trim().split('\n'))
    started.defer(await changeFile(target.root, file, `echo nameserver ${server}`));
  const all = started.move();
  return { told, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
