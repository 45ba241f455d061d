import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type Duplex, Transform } from 'node:stream';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { identifyProcess, isOfDeadProcess } from '../../this-machine/process-identity.ts';
import { temporaryFolder } from '../../this-machine/writable-path.ts';
import type { Transport } from './transport.ts';

/** A longer answer is not an API answer but an attack on our memory. */
export const maxAnswerBytes = 8 * 1024 * 1024;

/** In the cache, named for this process, so that the next process can remove what a killed one left; else in /tmp. */
function socketFolder(): string {
  const { pid, startTime } = identifyProcess(process.pid) ?? { pid: process.pid, startTime: '0' };
  const inCache = cachePath('sockets', `${pid}-${startTime}-`);
  for (const name of readdirSync(dirname(inCache))) {
    if (isOfDeadProcess(name)) rmSync(join(dirname(inCache), name), { recursive: true, force: true });
  }
  // the longest path of a socket: unix(7)
  const isShort = Buffer.byteLength(`${inCache}XXXXXX/docker.sock`) <= 107;
  return isShort ? mkdtempSync(inCache) : temporaryFolder('rdc-');
}

/** A local socket, in a 0700 directory, that leads to one of the target. Each connection is a channel of `transport`. */
export async function forwardSocket(transport: Transport, remotePath: string) {
  const folder = socketFolder();
  const path = join(folder, 'docker.sock');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const open = new Set<Socket>();
  // half open: a client of `attach` or `exec` ends its stdin and reads on
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    transport.connectSocket(remotePath).then(
      (remote) => joinStreams(socket, remote),
      () => socket.destroy(),
    );
  });
  try {
    await once(server.listen(path), 'listening');
  } catch (error) {
    remove();
    throw error;
  }
  process.once('exit', remove);
  return {
    path,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      remove();
    },
  };
}

/** Ends both when a client, which may have no limit of its own, would get too long an answer to what it sent last. */
function joinStreams(socket: Socket, remote: Duplex): void {
  let passed = 0;
  const answer = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed > maxAnswerBytes) done(new RdcError('DAEMON', `an answer passed ${maxAnswerBytes} bytes`));
      else done(null, chunk);
    },
  });
  answer.on('error', () => socket.destroy());
  remote.on('error', () => socket.destroy());
  // after an orderly end, a slow reader still gets what is on its way
  remote.on('close', () => remote.readableEnded || socket.destroy());
  socket.on('close', () => remote.destroy());
  socket.on('data', () => {
    passed = 0;
  });
  socket.pipe(remote).pipe(answer).pipe(socket);
}
