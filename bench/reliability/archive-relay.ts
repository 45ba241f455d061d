import { createServer as createProxy, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

// A proxy for apt into a network namespace that has no network: `archive-relay.ts SOCKET` outside asks the package archive,
// `archive-relay.ts SOCKET PORT` inside hands on what comes to that port of the loopback device. Machines do not reach it.

const [socket, port] = process.argv.slice(2);
if (socket === undefined) throw new Error('usage: archive-relay.ts SOCKET [PORT]');

if (port === undefined)
  createProxy(({ url, method, headers }, answer) => {
    const asked = request(url ?? '', { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    asked.on('error', (error) => answer.writeHead(502).end(error.message));
    asked.end();
  }).listen({ path: socket, writableAll: true, readableAll: true });
else
  createServer((client) => {
    // an end that goes away ends the other
    pipeline(client, connect(socket), client, () => {});
  }).listen(Number(port), '127.0.0.1');
