import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { identifyProcess, isOfDeadProcess } from '../../this-machine/process-identity.ts';
import { temporaryFolder } from '../../this-machine/writable-path.ts';
import type { Transport } from './transport.ts';

export type ForwardedSocket = { readonly path: string; close(): Promise<void> };

/** What a kernel takes as the path of a socket is 107 bytes (unix(7)); a deep home directory does not leave that. */
const maxFolder = 107 - '/docker.sock'.length;

/**
 * In the cache, named for this process, so that the folder of one that was killed can be told from one at work: a
 * worker of the runner never gets to tidy up, and the next to come does it. Else in the directory for temporary files.
 */
function socketFolder(): string {
  const { pid, startTime } = identifyProcess(process.pid) ?? { pid: process.pid, startTime: '0' };
  const inCache = cachePath('sockets', `${pid}-${startTime}-`);
  for (const name of readdirSync(dirname(inCache))) {
    if (isOfDeadProcess(name)) rmSync(join(dirname(inCache), name), { recursive: true, force: true });
  }
  return Buffer.byteLength(inCache) + 6 <= maxFolder ? mkdtempSync(inCache) : temporaryFolder('rdc-');
}

/** Makes a socket of the target reachable as a local one, in a 0700 directory of its own. Each connection is a channel of `transport`. */
export async function forwardSocket(transport: Transport, remotePath: string): Promise<ForwardedSocket> {
  const folder = socketFolder();
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
        // a client that collects its answers, as testcontainers' does, has no limit of its own
        const answer = answerLimit(maxAnswerBytes);
        socket.on('data', answer.restart);
        answer.stream.on('error', () => socket.destroy());
        socket.pipe(remote).pipe(answer.stream).pipe(socket);
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  }).catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
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

/** Passes on what comes until it is more than `maxBytes` since the last `restart`, then breaks. */
function answerLimit(maxBytes: number): { readonly stream: Transform; restart(): void } {
  let passed = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed > maxBytes) done(new RdcError('DAEMON', `an answer passed ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  return {
    stream,
    restart: () => {
      passed = 0;
    },
  };
}

/** An answer longer than this is not an API answer but an attack on our memory. */
export const maxAnswerBytes = 8 * 1024 * 1024;
