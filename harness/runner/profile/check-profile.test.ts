import { mkdtempSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test as it } from 'vitest';
import { dockerApi } from '../../target-host/docker/api.ts';
import { openTimed, timeCall } from '../../target-host/transport/call-timing.ts';
import { executor } from '../../target-host/transport/executor.ts';
import { replayTransport } from '../../test-doubles/replay-transport.ts';
import { listenToCalls } from './check-profile.ts';

const delayed = (ms: number) => {
  const replay = replayTransport(new Map([[/./, { stdout: 'answer' }]]));
  const run: typeof replay.run = async (...words) => {
    await delay(ms);
    return await replay.run(...words);
  };
  return openTimed(async () => ({ ...replay, run }));
};

async function daemon() {
  const socket = join(mkdtempSync(join(tmpdir(), 'rdc-listen-')), 'docker.sock');
  const server = createServer(async (_, response) => {
    await delay(60);
    response.write('{');
    await delay(60);
    response.end('}');
  });
  server.on('upgrade', (_, stream) => {
    stream.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    setTimeout(() => stream.end('output'), 120);
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  return { socket, server };
}

// before anybody listens
const unheard = await timeCall('guest', async () => 'as it is');
const splitter = listenToCalls();

it('without a listener the work is done as it is', () => {
  expect(unheard).toBe('as it is');
});

it('commands and logins of the guest are heard, with their answers unchanged; a refusal ends them too', async () => {
  splitter.start();
  const target = executor(await delayed(60));
  await Promise.all([target.exec(['id']), target.shell('id')]);
  expect((await target.exec(['id'])).stdout).toBe('answer');
  const silent = executor(await openTimed(async () => replayTransport(new Map())));
  await expect(silent.exec(['id'])).rejects.toThrow('no answer');
  const { guest, totalMs } = splitter.split();
  expect(guest.count).toBe(6);
  expect(guest.ms).toBeGreaterThan(100);
  splitter.start();
  await delay(50);
  expect(splitter.split().guest).toEqual({ count: 0, ms: 0 });
  expect(totalMs).toBeLessThan(5_000);
});

it('a request to the daemon lasts until its answer is read, an exec until its stream ends', async () => {
  const { socket, server } = await daemon();
  splitter.start();
  await dockerApi({ dockerSocket: socket }, 'GET', '/info');
  const asked = splitter.split();
  expect(asked.daemon.count).toBe(1);
  expect(asked.daemon.ms).toBeGreaterThan(100);

  splitter.start();
  const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
  const call = request({ socketPath: socket, path: '/exec/1/start', method: 'POST', headers });
  const output = new Promise<string>((resolve) => {
    call.once('upgrade', (_, stream) => stream.once('data', (chunk: Buffer) => resolve(String(chunk))));
  });
  call.end();
  expect(await output).toBe('output');
  await delay(20);
  expect(splitter.split().daemon.ms).toBeGreaterThan(80);

  // as testcontainers runs a command in a container: stdin stays open, and the answer ends with its stream
  splitter.start();
  const open = request({ socketPath: socket, path: '/exec/2/start', method: 'POST' });
  const answered = new Promise<void>((resolve) => {
    open.once('response', (response) => response.resume().once('end', resolve));
  });
  open.write('{}');
  await answered;
  await delay(20);
  const exec = splitter.split().daemon;
  expect(exec.count).toBe(1);
  expect(exec.ms).toBeGreaterThan(100);
  splitter.start();
  await delay(50);
  expect(splitter.split().daemon).toEqual({ count: 0, ms: 0 });
  open.destroy();

  splitter.start();
  await expect(dockerApi({ dockerSocket: `${socket}.none` }, 'GET', '/info')).rejects.toThrow('did not answer');
  const refused = splitter.split().daemon;
  expect(refused.count).toBe(1);
  await delay(50);
  expect(splitter.split().daemon).toEqual(refused);
  server.close();
});

it('work that throws at once ends as well', async () => {
  splitter.start();
  expect(() =>
    timeCall('container', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  const { container } = splitter.split();
  expect(container.count).toBe(1);
  await delay(50);
  expect(splitter.split().container).toEqual(container);
});
