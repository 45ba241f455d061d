import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { makeKeys, startSshServer, type TestServer } from '../../test-doubles/ssh-server.ts';
import { dockerApi } from '../docker/api.ts';
import { forwardSocket } from './forward-socket.ts';
import { sshTransport } from './ssh.ts';
import { isPinned, type SshAddress } from './ssh-login.ts';
import type { Transport } from './transport.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-ssh-'));
let server: TestServer;
let ssh: Transport;

function end(channel: ServerChannel, code: number): void {
  channel.exit(code);
  channel.end();
  // stdin that nobody reads would keep the channel open
  channel.resume();
}

const commands: Readonly<Record<string, (channel: ServerChannel, word: string) => void>> = {
  exit: (channel, word) => end(channel, Number(word)),
  signal(channel, word) {
    channel.exit(word, false, 'died');
    channel.end();
  },
  both(channel) {
    channel.write('out\n');
    channel.stderr.write('err\n');
    end(channel, 0);
  },
  cat(channel) {
    channel.on('data', (chunk: Buffer) => channel.write(chunk));
    channel.on('end', () => end(channel, 0));
  },
  big(channel, megabytes) {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let left = Number(megabytes) * 16;
    const write = () => {
      while (left > 0) {
        left -= 1;
        if (!channel.write(chunk)) {
          channel.once('drain', write);
          return;
        }
      }
      end(channel, 0);
    };
    write();
  },
  hang: () => {},
  'hang-up': (channel) => channel.end(),
  slow: (channel) => void setTimeout(() => end(channel, 0), 100),
  cut: () => server.cut(),
};

async function startServer(): Promise<TestServer> {
  return await startSshServer((line, channel) => {
    const [name = '', word = ''] = line.split(' ');
    const command = commands[name];
    if (command) command(channel, word);
    else end(channel, 127);
  });
}

function addressOf({ port, hostKey, clientKey }: TestServer, changes: Partial<SshAddress> = {}): SshAddress {
  const identityFile = join(folder, `key-${port}`);
  writeFileSync(identityFile, clientKey, { mode: 0o600 });
  return { host: '127.0.0.1', port, user: 'tester', identityFile, hostKeys: [hostKey], ...changes };
}

beforeAll(async () => {
  server = await startServer();
  ssh = await sshTransport(addressOf(server));
});

afterAll(async () => {
  await ssh.close();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('a command', () => {
  it.each([
    ['exit 0', 0],
    ['exit 1', 1],
    ['exit 255', 255],
    ['no-such-program', 127],
    ['signal KILL', 137],
    ['signal TERM', 143],
  ])('%s is %i, an observation', async (line, code) => {
    expect((await ssh.run(line)).code).toBe(code);
  });

  it('has both streams and takes stdin', async () => {
    expect(await ssh.run('both')).toMatchObject({ stdout: 'out\n', stderr: 'err\n', truncated: false });
    const text = 'é'.repeat(200_000);
    expect((await ssh.run('cat', { stdin: text })).stdout).toBe(text);
    expect((await ssh.run('cat')).stdout).toBe('');
  });

  it('that says much is cut, and what was cut is not kept in memory', async () => {
    // far more than what garbage may lie about, and less than what costs the connection
    const before = process.memoryUsage.rss();
    const result = await ssh.run('big 224', { maxBytes: 1000 });
    expect({ length: result.stdout.length, truncated: result.truncated, code: result.code }).toEqual({
      length: 1000,
      truncated: true,
      code: 0,
    });
    expect((process.memoryUsage.rss() - before) / 2 ** 20, 'MiB more than before').toBeLessThan(160);
  });

  it('that does not end is left in time, and the connection lives on', async () => {
    const startedAt = Date.now();
    await expect(ssh.run('hang', { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('did not end within 200 ms'),
    });
    expect(Date.now() - startedAt).toBeLessThan(5000);
    expect((await ssh.run('exit 3')).code).toBe(3);
  });

  it('that ends without an exit status is an error and no success', async () => {
    await expect(ssh.run('hang-up')).rejects.toMatchObject({ code: 'TRANSPORT' });
  });

  it('waits for a place: sshd takes ten sessions on a connection, and eight are used', async () => {
    await using own = await startServer();
    const transport = await sshTransport(addressOf(own));
    const results = await Promise.all(Array.from({ length: 30 }, () => transport.run('slow')));
    expect(results.every(({ code }) => code === 0)).toBe(true);
    expect(own.mostSessions()).toBe(8);
    await transport.close();
  });
});

describe('the connection', () => {
  it('to a host with another key is refused', async () => {
    const other = makeKeys().public;
    for (const hostKeys of [[other], []]) {
      await expect(sshTransport(addressOf(server, { hostKeys }))).rejects.toMatchObject({ code: 'HOST_KEY' });
    }
  });

  it('with a key that may not log in, or none, is refused', async () => {
    const identityFile = join(folder, 'stranger');
    writeFileSync(identityFile, makeKeys().private);
    await expect(sshTransport(addressOf(server, { identityFile }))).rejects.toMatchObject({ code: 'TRANSPORT' });
    const missing = addressOf(server, { identityFile: join(folder, 'none') });
    await expect(sshTransport(missing)).rejects.toMatchObject({ code: 'INPUT' });
    writeFileSync(identityFile, 'no key');
    await expect(sshTransport(addressOf(server, { identityFile }))).rejects.toMatchObject({ code: 'INPUT' });
  });

  it('to nobody is refused', async () => {
    const gone = await startServer();
    const address = addressOf(gone);
    await gone[Symbol.asyncDispose]();
    await expect(sshTransport(address)).rejects.toMatchObject({ code: 'TRANSPORT' });
  });

  it('that breaks in the middle fails what runs, what waits, and what comes after', async () => {
    await using own = await startServer();
    const transport = await sshTransport(addressOf(own));
    const running = Array.from({ length: 12 }, () => transport.run('hang'));
    const settled = Promise.allSettled(running);
    await transport.connectSocket('/no/such/socket').catch(() => {});
    own.cut();
    const codes = (await settled).map((one) => (one.status === 'rejected' ? one.reason.code : one.status));
    expect(codes).toEqual(Array.from({ length: 12 }, () => 'LOST'));
    await expect(transport.run('exit 0')).rejects.toMatchObject({ code: 'LOST' });
    await expect(transport.connectSocket('/x')).rejects.toMatchObject({ code: 'LOST' });
    await transport.close();
  });

  it('is known by the key itself', () => {
    const blob = Buffer.from('key material');
    const line = `ssh-ed25519 ${blob.toString('base64')} root@x`;
    expect(isPinned(blob, [line])).toBe(true);
    expect(isPinned(blob, [`host.example ${line}\n`, 'x'])).toBe(true);
    expect(isPinned(blob, [])).toBe(false);
    expect(isPinned(blob, [`ssh-ed25519 ${blob.toString('base64')}AAAA`, ''])).toBe(false);
    expect(isPinned(Buffer.alloc(0), ['', ' '])).toBe(false);
  });
});

describe('a forwarded socket', () => {
  it('answers each connection from the other side', async () => {
    const path = join(folder, 'api.sock');
    const api = createHttpServer((request, response) => response.end(JSON.stringify({ path: request.url }))).listen(
      path,
    );
    const forwarded = await forwardSocket(ssh, path);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => dockerApi({ dockerSocket: forwarded.path }, 'GET', `/${index}`)),
    );
    expect(answers.map((answer) => answer.json<{ path: string }>().path)).toEqual(
      answers.map((_, index) => `/${index}`),
    );
    await forwarded.close();
    api.close();
    await expect(dockerApi({ dockerSocket: forwarded.path }, 'GET', '/')).rejects.toMatchObject({ code: 'DAEMON' });
  });

  it('carries bytes as they are, both ways, and its end', async () => {
    const path = join(folder, 'echo.sock');
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(path);
    const forwarded = await forwardSocket(ssh, path);
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const socket = createConnection(forwarded.path);
    socket.end(bytes);
    expect(Buffer.concat(await socket.toArray()).equals(bytes)).toBe(true);
    await forwarded.close();
    echo.close();
  });

  it('whose other side is not there closes, and the connection lives on', async () => {
    const forwarded = await forwardSocket(ssh, join(folder, 'nobody.sock'));
    await expect(dockerApi({ dockerSocket: forwarded.path }, 'GET', '/_ping')).rejects.toMatchObject({
      code: 'DAEMON',
    });
    await forwarded.close();
    await expect(ssh.connectSocket(join(folder, 'nobody.sock'))).rejects.toMatchObject({ code: 'TRANSPORT' });
    expect((await ssh.run('exit 0')).code).toBe(0);
  });
});

it('a connection that is reset before the handshake is refused once, and nothing is left unhandled', async () => {
  const resetting = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await new Promise<void>((resolve) => resetting.listen(0, '127.0.0.1', resolve));
  const { port } = resetting.address() as { port: number };
  const login = sshTransport({ ...addressOf(server), port });
  await expect(login).rejects.toMatchObject({ code: 'TRANSPORT' });
  // whatever the client says after that would end the test as an unhandled error
  await new Promise((resolve) => resetting.close(resolve));
});
