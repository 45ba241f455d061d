import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../transport/transport.ts';

export type ForwardedSocket = { readonly path: string; close(): Promise<void> };

/** Makes a socket of the target reachable as a local one, in a 0700 directory of its own. Each connection is a channel of `transport`. */
export async function forwardSocket(transport: Transport, remotePath: string): Promise<ForwardedSocket> {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-'));
  const path = join(folder, 'docker.sock');
  const open = new Set<Socket>();
  // half open: a client of `attach` or `exec` ends its stdin and reads on
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    transport.connectSocket(remotePath).then(
      (remote) => {
        remote.on('error', () => socket.destroy());
        // after an orderly end, what is still on its way to a slow reader is not to be thrown away
        remote.on('close', () => remote.readableEnded || socket.destroy());
        socket.on('close', () => remote.destroy());
        socket.pipe(remote).pipe(socket);
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
      }),
  };
}
