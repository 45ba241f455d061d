import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import { type HostileDaemonName, hostileDaemonAnswers, startHostileDaemon } from '../../test-doubles/hostile-daemon.ts';
import { forwardSocket, maxAnswerBytes } from '../transport/forward-socket.ts';
import { localTransport } from '../transport/local.ts';
import { dockerApi } from './api.ts';
import { readDaemonFacts } from './daemon-facts.ts';

const mebibyte = 2 ** 20;
const timeoutMs = 500;
// the default of one request is 60 s, see docs/reference/limits.md
const slackMs = 8_000;

/** Those that answer in HTTP with something: what it is worth is for the reader of the answer to say. */
const answers: readonly HostileDaemonName[] = [
  'no JSON',
  'invalid UTF-8',
  'a million brackets',
  'a million brackets that close',
  'null',
  'a number',
  'a list',
  'members of other kinds',
  'components of nobody',
  'the name of the prototype',
  'status 500 with claims',
  'poisoned claims',
];
const names = Object.keys(hostileDaemonAnswers) as HostileDaemonName[];
const breaking = names.filter((name) => !answers.includes(name));

/** How many MiB the process grew at most, while it worked. */
async function growthWhile(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 10);
  await work();
  clearInterval(watch);
  return (Math.max(most, process.memoryUsage.rss()) - before) / mebibyte;
}

describe.each(breaking)('a daemon that answers with %s', (name) => {
  it('is an error in time and in bounded memory, and nothing stays open', async () => {
    await using daemon = await startHostileDaemon(name);
    const startedAt = performance.now();
    const growth = await growthWhile(async () => {
      const answer = dockerApi({ dockerSocket: daemon.path }, 'GET', '/info', { timeoutMs });
      await expect(answer).rejects.toMatchObject({
        code: expect.stringMatching(/^(DAEMON|TIMEOUT)$/),
        message: expect.not.stringMatching(/[\p{Cc}\p{Cf}<]/u),
      });
    });
    expect(performance.now() - startedAt).toBeLessThan(slackMs);
    expect(growth, 'MiB').toBeLessThan(120);
    await expect.poll(daemon.open, { timeout: slackMs }).toBe(0);
  });

  it('has no facts, and is down for those who need it', async () => {
    await using daemon = await startHostileDaemon(name);
    expect(await readDaemonFacts({ dockerSocket: daemon.path }, timeoutMs)).toBeNull();
  });
});

/** Claims that a Docker daemon might make: what is of another kind in them is left out. */
const credible: readonly HostileDaemonName[] = [
  'poisoned claims',
  'the name of the prototype',
  'invalid UTF-8',
  'members of other kinds',
  'components of nobody',
];

describe.each(answers)('claims that are %s', (name) => {
  it('are facts of the documented kinds, or none', async () => {
    await using daemon = await startHostileDaemon(name);
    const facts = await readDaemonFacts({ dockerSocket: daemon.path }, 5_000);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(facts !== null).toBe(credible.includes(name));
    const isText = (value: unknown) => value === null || typeof value === 'string';
    const { storageStatus = {}, components = {}, securityOptions = [], ...rest } = facts ?? {};
    const values = [storageStatus, components, securityOptions, rest].flatMap((group) => Object.values(group));
    expect(values.filter((value) => !isText(value))).toEqual([]);
  });
});

describe('through a forwarded socket', () => {
  it.each<HostileDaemonName>(['an endless body', 'an endless body of single bytes', 'endless interim answers'])(
    '%s: is cut for a client without a limit of its own',
    async (name) => {
      await using daemon = await startHostileDaemon(name);
      const forwarded = await forwardSocket(localTransport(), daemon.path);
      const growth = await growthWhile(async () => {
        // a body that ends with its connection is whole to such a client, and junk
        const outcome = await fetchAll(forwarded.path).catch((error: Error) => error);
        expect(outcome instanceof Error || outcome <= maxAnswerBytes).toBe(true);
      });
      // chunks of single bytes are objects of their own in such a client
      expect(growth, 'MiB').toBeLessThan(700);
      await forwarded.close();
      await expect.poll(daemon.open, { timeout: slackMs }).toBe(0);
    },
    60_000,
  );

  it('a long conversation of small answers is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rdc-talk-'));
    const server = createServer((socket) => socket.on('data', () => socket.write(Buffer.alloc(mebibyte))));
    await new Promise<void>((resolve) => server.listen(`${folder}/s`, resolve));
    const forwarded = await forwardSocket(localTransport(), `${folder}/s`);
    const socket = connect(forwarded.path);
    let received = 0;
    for (let turn = 1; turn <= 12; turn += 1) {
      socket.write('next');
      while (received < turn * mebibyte) {
        const [chunk] = await once(socket);
        received += chunk.length;
      }
    }
    expect(received).toBe(12 * mebibyte);
    socket.destroy();
    await forwarded.close();
    server.close();
    rmSync(folder, { recursive: true });
  });
});

const once = (socket: NodeJS.ReadableStream) =>
  new Promise<[Buffer]>((resolve, reject) => {
    socket.once('data', (chunk) => resolve([chunk as Buffer]));
    socket.once('error', reject);
  });

/** As dockerode reads an answer: all of it, without a limit. */
async function fetchAll(socketPath: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/info' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks).length));
    });
    call.on('error', reject);
    call.end();
  });
}
