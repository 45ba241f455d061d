import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { type HostileName, hostileAnswers, poison } from '../../test-doubles/hostile-answers.ts';
import {
  makeKeys,
  type Oddities,
  type ServerOptions,
  sendPacket,
  startSshServer,
  type TestServer,
  uint32,
} from '../../test-doubles/ssh-server.ts';
import { executor } from './executor.ts';
import { sshTransport } from './ssh.ts';
import type { SshAddress, SshLimits } from './ssh-login.ts';
import type { Transport } from './transport.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-hostile-'));
// the defaults are seconds and minutes, see docs/reference/limits.md
const limits = { readyTimeoutMs: 1_500, socketTimeoutMs: 300, farewellMs: 200, floodBytes: 24 * 2 ** 20 };
const slackMs = 6_000;
const mebibyte = 2 ** 20;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hostile = (odd?: ServerOptions) =>
  startSshServer((name, channel) => {
    const word = name.replace(/^sh -c '?|'$/g, '') as HostileName;
    (hostileAnswers[word] ?? hostileAnswers.silent)(channel);
  }, odd);

function addressOf({ port, hostKey, clientKey }: TestServer, more: Partial<SshLimits> = {}): SshAddress {
  const identityFile = join(folder, `key-${port}`);
  writeFileSync(identityFile, clientKey, { mode: 0o600 });
  return { host: '127.0.0.1', port, user: 'tester', identityFile, hostKeys: [hostKey], limits: { ...limits, ...more } };
}

const login = (server: TestServer, more: Partial<SshLimits> = {}) => sshTransport(addressOf(server, more));

/** What became of it, within the time, and by how many MiB the process grew at most. */
async function outcomeOf(work: () => Promise<unknown>): Promise<{ said: string; ms: number; mebibytes: number }> {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const startedAt = performance.now();
  const said = await work().then(
    (value) => JSON.stringify(value),
    (error) => `${error}`,
  );
  clearInterval(watch);
  return { said, ms: performance.now() - startedAt, mebibytes: (most - before) / mebibyte };
}

describe('a command', () => {
  let server: TestServer;
  let transport: Transport;
  beforeAll(async () => {
    server = await hostile();
    transport = await login(server);
  });
  afterAll(async () => {
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  it.each<[HostileName, RegExp]>([
    ['silent', /\[TIMEOUT\] a command on .* did not end within 700 ms/],
    ['half closed', /\[TRANSPORT\] .* ended without an exit status/],
    ['exit and no close', /\[TIMEOUT\]/],
    ['close and no exit', /\[TRANSPORT\] .* ended without an exit status/],
    ['exit 4294967295', /\[TRANSPORT\] .* an invalid exit status/],
    ['a signal that is none', /\[TRANSPORT\] .* an unknown signal/],
  ])('%s: is an error in time, and the connection lives on', async (name, said) => {
    const outcome = await outcomeOf(() => transport.run(name, { timeoutMs: 700 }));
    expect(outcome.said).toMatch(said);
    expect(outcome.ms).toBeLessThan(slackMs);
    expect((await transport.run('poison')).code).toBe(0);
  });

  it('that is silent many times leaves nothing behind to wait for', async () => {
    const warnings: unknown[] = [];
    const warn = (warning: unknown) => void warnings.push(warning);
    process.on('warning', warn);
    const runs = Array.from({ length: 90 }, () =>
      transport.run('silent', { timeoutMs: 20 }).catch((error) => error.code),
    );
    expect(new Set(await Promise.all(runs))).toEqual(new Set(['TIMEOUT']));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('whose bytes are no text: what cannot be read is U+FFFD, nothing is executed', async () => {
    const { stdout, stderr, code } = await transport.run('poison');
    expect({ stdout, stderr, code }).toEqual({ stdout: poison.toString(), stderr: poison.toString(), code: 0 });
  });

  it('whose answer is longer than what is read is no observation: nobody judges a part of it', async () => {
    const seen: unknown[] = [];
    const user = executor(transport, (entry) => void seen.push(entry));
    await expect(user.shell('long line')).rejects.toMatchObject({
      code: 'TRANSPORT',
      message: expect.stringMatching(/longer than 1048576 bytes/),
    });
    expect(seen, 'the evidence has it').toHaveLength(1);
  });
});

describe('endless output', () => {
  it.each<HostileName>(['endless', 'endless on stderr'])(
    '%s: is cut off long before its time, in bounded memory',
    async (name) => {
      await using server = await hostile();
      const transport = await login(server);
      const outcome = await outcomeOf(() => transport.run(name, { timeoutMs: 120_000 }));
      expect(outcome.said).toMatch(/\[LOST\] disconnected from .*: a command sent more than 25165824 bytes/);
      expect(outcome.ms).toBeLessThan(30_000);
      expect(outcome.mebibytes, 'MiB').toBeLessThan(160);
      await expect(transport.run('poison')).rejects.toMatchObject({ code: 'LOST' });
      await transport.close();
    },
    60_000,
  );
});

describe('what is never answered, or too late', () => {
  it('a session', async () => {
    await using server = await hostile({ onSession: () => true });
    const transport = await login(server);
    await expect(transport.run('poison', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await transport.close();
  });

  it('a session that comes after its time is closed', async () => {
    const closed: string[] = [];
    await using server = await hostile({
      onSession({ accept }) {
        const later = () =>
          accept()
            .resume()
            .once('close', () => closed.push('closed'));
        setTimeout(later, 400);
        return true;
      },
    });
    const transport = await login(server);
    await expect(transport.run('poison', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => closed, { timeout: slackMs }).toEqual(['closed']);
    await transport.close();
  });

  it('a forwarded socket', async () => {
    await using server = await hostile({ onForward: () => true });
    const transport = await login(server);
    const outcome = await outcomeOf(() => transport.connectSocket('/run/user/1001/docker.sock'));
    expect(outcome.said).toMatch(/\[TIMEOUT\] .* a connection to \/run\/user\/1001\/docker.sock within 300 ms/);
    await transport.close();
  });

  it('a farewell', async () => {
    await using server = await startRaw((socket, toServer) => {
      socket.pipe(toServer);
      // what the client ends is not ended here
      toServer.pipe(socket, { end: false });
    });
    const transport = await sshTransport({ ...addressOf(server.ssh), port: server.port });
    const outcome = await outcomeOf(() => transport.close());
    expect(outcome.ms).toBeLessThan(slackMs);
  });
});

describe('a login', () => {
  const deaf = (socket: Socket) => void socket.resume();
  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['silence', deaf, /Timed out/],
    ['garbage', (socket) => void socket.write(Buffer.alloc(70_000, 0xa5)), /\[TRANSPORT\] cannot log in/],
    ['endless lines before the banner', (socket) => flood(socket, 'x\r\n'), /\[TRANSPORT\] cannot log in/],
    ['one endless line', (socket) => flood(socket, 'x'), /\[TRANSPORT\] cannot log in/],
    [
      'a banner and then a packet of a gigabyte',
      (socket) => void socket.write(`SSH-2.0-x\r\n\u003f\u00ff\u00ff\u00ff${'y'.repeat(64)}`),
      /\[TRANSPORT\] cannot log in/,
    ],
    [
      'a banner with escapes',
      (socket) => void socket.end(`SSH-2.0-${poison.toString('latin1').replace(/[\r\n]/g, '')}\r\n`),
      /\[TRANSPORT\] cannot log in/,
    ],
    [
      'a good banner and the end',
      (socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
      /\[TRANSPORT\] cannot log in/,
    ],
  ])('%s: is refused in time, without a word of the server', async (_, speak, said) => {
    await using server = await startRaw((socket, toServer) => {
      toServer.destroy();
      socket.resume().once('end', () => socket.end());
      speak(socket);
    });
    const address = { ...addressOf(server.ssh), port: server.port };
    const outcome = await outcomeOf(() => sshTransport(address));
    expect(outcome.said).toMatch(said);
    expect(outcome.said).not.toMatch(/[\p{Cc}\p{Cf}]|owned/u);
    expect(outcome.ms).toBeLessThan(slackMs);
    expect(outcome.mebibytes, 'MiB').toBeLessThan(100);
    await expect.poll(() => server.open(), { timeout: slackMs, message: 'connections left open' }).toBe(0);
  });

  it.each<[string, Oddities['onLogin'], RegExp]>([
    ['never answers', () => true, /Timed out/],
    ['hangs up', (connection) => connection.end() !== undefined, /\[TRANSPORT\] cannot log in/],
    [
      'says why, in escapes',
      (connection) => disconnect(connection, poison.toString('latin1')),
      /\[TRANSPORT\] cannot log in/,
    ],
    [
      'refuses for ever',
      (_, context) => Boolean(context.reject(['publickey'], true)) || true,
      /\[TRANSPORT\] cannot log in/,
    ],
  ])('of a server that %s: is refused in time', async (_, onLogin, said) => {
    await using server = await hostile(onLogin === undefined ? {} : { onLogin });
    const outcome = await outcomeOf(() => login(server));
    expect(outcome.said).toMatch(said);
    expect(outcome.said).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(outcome.ms).toBeLessThan(slackMs);
  });

  it('that succeeds and breaks in the same breath ends the connection, not the process', async () => {
    await using server = await hostile({
      onLogin(connection, context) {
        if (context.method !== 'publickey') return false;
        context.accept();
        disconnect(connection, 'and good bye');
        return true;
      },
    });
    const outcome = await outcomeOf(async () => await (await login(server)).run('poison', { timeoutMs: 500 }));
    expect(outcome.said).toMatch(/\[(LOST|TRANSPORT)\]/);
  });

  it('to a host whose key has changed since is refused', async () => {
    await using server = await hostile();
    await using other = await hostile();
    const address = { ...addressOf(server), port: other.port };
    await expect(sshTransport(address)).rejects.toMatchObject({ code: 'HOST_KEY' });
    const stranger = makeKeys().public;
    await expect(sshTransport({ ...addressOf(server), hostKeys: [stranger] })).rejects.toMatchObject({
      code: 'HOST_KEY',
    });
  });
});

describe('through a jump host', () => {
  const through = (jump: TestServer, target: TestServer, port = target.port): SshAddress => ({
    ...addressOf(target),
    port,
    jump: addressOf(jump),
  });
  const noneOpen = (...servers: TestServer[]) =>
    expect
      .poll(() => servers.map((server) => server.connections()), { timeout: slackMs, message: 'connections left open' })
      .toEqual(servers.map(() => 0));

  it('that never opens the connection: it is left in time', async () => {
    await using jump = await hostile({ isJumpHost: true, onThrough: () => true });
    await using target = await hostile();
    const outcome = await outcomeOf(() => sshTransport(through(jump, target)));
    expect(outcome.said).toMatch(/\[TRANSPORT\] .* made no connection to 127\.0\.0\.1:\d+ within 300 ms/);
    expect(outcome.ms).toBeLessThan(slackMs);
    await noneOpen(jump);
  });

  it('that breaks in the breath of its login ends the connection, not the process', async () => {
    await using jump = await hostile({
      isJumpHost: true,
      onLogin(connection, context) {
        if (context.method !== 'publickey') return false;
        context.accept();
        return disconnect(connection, 'and good bye');
      },
    });
    await using target = await hostile();
    const outcome = await outcomeOf(() => sshTransport(through(jump, target)));
    expect(outcome.said).toMatch(/\[TRANSPORT\]/);
    expect(outcome.said).not.toMatch(/good bye/);
  });

  it.each<[string, Oddities['onLogin'], RegExp]>([
    ['never answers', () => true, /\[TRANSPORT\] cannot log in .* Timed out/],
    [
      'says why, in escapes',
      (connection) => disconnect(connection, poison.toString('latin1')),
      /\[TRANSPORT\] cannot log in .*\(reason 2 of RFC 4253\)/,
    ],
  ])('a host that %s is refused in time, and nothing stays open', async (_, onLogin, said) => {
    await using jump = await hostile({ isJumpHost: true });
    await using target = await hostile(onLogin === undefined ? {} : { onLogin });
    const outcome = await outcomeOf(() => sshTransport(through(jump, target)));
    expect(outcome.said).toMatch(said);
    expect(outcome.said).not.toMatch(/[\p{Cc}\p{Cf}]|owned/u);
    expect(outcome.ms).toBeLessThan(slackMs);
    await noneOpen(jump, target);
  });

  it('endless output is cut off there too', async () => {
    await using jump = await hostile({ isJumpHost: true });
    await using target = await hostile();
    const transport = await sshTransport(through(jump, target));
    const outcome = await outcomeOf(() => transport.run('endless', { timeoutMs: 120_000 }));
    expect(outcome.said).toMatch(/\[LOST\] disconnected from .*: a command sent more than 25165824 bytes/);
    expect(outcome.mebibytes, 'MiB').toBeLessThan(300);
    await noneOpen(jump, target);
    await transport.close();
  }, 60_000);

  it('a farewell that is not answered ends in time', async () => {
    await using jump = await hostile({ isJumpHost: true });
    await using server = await startRaw((socket, toServer) => {
      socket.pipe(toServer);
      toServer.pipe(socket, { end: false });
    });
    const transport = await sshTransport(through(jump, server.ssh, server.port));
    const outcome = await outcomeOf(() => transport.close());
    expect(outcome.ms).toBeLessThan(slackMs);
    await noneOpen(jump);
  });
});

it('channels that a server opens to us are refused', async () => {
  const opened: unknown[] = [];
  await using server = await hostile({
    onReady(connection) {
      connection.forwardOut('127.0.0.1', 1, '127.0.0.1', 2, (error, channel) =>
        opened.push(error ? 'refused' : channel),
      );
      connection.x11('127.0.0.1', 1, (error, channel) => opened.push(error ? 'refused' : channel));
      connection.openssh_forwardOutStreamLocal('/tmp/x', (error, channel) => opened.push(error ? 'refused' : channel));
    },
  });
  const transport = await login(server);
  await expect.poll(() => opened, { timeout: slackMs }).toEqual(['refused', 'refused', 'refused']);
  await transport.close();
});

function flood(socket: Socket, text: string): void {
  const chunk = Buffer.from(text.repeat(10_000));
  const write = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', write);
  write();
}

/** DISCONNECT with words of the server's own. */
function disconnect(connection: Connection, text: string): true {
  sendPacket(connection, [1, ...uint32(2), text, '']);
  return true;
}

/** A server below SSH: what comes, and a way to a real one behind it. */
async function startRaw(
  speak: (socket: Socket, toServer: Socket) => void,
): Promise<AsyncDisposable & { port: number; ssh: TestServer; open(): number }> {
  const ssh = await hostile();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const toServer = connect(ssh.port, '127.0.0.1');
    toServer.on('error', () => {});
    speak(socket, toServer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    ssh,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await ssh[Symbol.asyncDispose]();
    },
  };
}
