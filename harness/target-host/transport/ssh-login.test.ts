import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServerChannel, utils } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test as it } from 'vitest';
import { makeKeys, type ServerOptions, startSshServer, type TestServer } from '../../test-doubles/ssh-server.ts';
import { dockerApi } from '../docker/api.ts';
import { forwardSocket } from './forward-socket.ts';
import { sshTransport } from './ssh.ts';
import { hostKeyAlgorithms, readIdentity, type SshAddress } from './ssh-login.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-login-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hints = { login: 'how to log in', hostKey: 'what of the key' };
const stranger = makeKeys();

function onCommand(line: string, channel: ServerChannel): void {
  if (line === 'hang') return;
  channel.write(`answer to ${line}`);
  channel.exit(0);
  channel.end();
  channel.resume();
}

const start = (options?: ServerOptions) => startSshServer(onCommand, options);

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function addressOf({ port, hostKey, clientKey }: TestServer, changes: Partial<SshAddress> = {}): SshAddress {
  const identityFile = fileOf(`key-${port}`, clientKey);
  return { host: '127.0.0.1', port, user: 'tester', identityFile, hostKeys: [hostKey], hints, ...changes };
}

describe('through a jump host', () => {
  let jump: TestServer;
  let target: TestServer;
  beforeAll(async () => {
    jump = await start({ isJumpHost: true });
    target = await start();
  });
  afterAll(async () => {
    await jump[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });
  const behind = (changes: Partial<SshAddress> = {}, of: Partial<SshAddress> = {}) =>
    addressOf(target, { jump: addressOf(jump, of), ...changes });

  it('commands and sockets are those of the host behind it', async () => {
    const ssh = await sshTransport(behind());
    expect((await ssh.run('whoami')).stdout).toBe('answer to whoami');
    expect(jump.through).toContain(`127.0.0.1:${target.port}`);
    const path = join(folder, 'api.sock');
    const api = createServer((request, response) => response.end(JSON.stringify(request.url))).listen(path);
    const forwarded = await forwardSocket(ssh, path);
    expect((await dockerApi({ dockerSocket: forwarded.path }, 'GET', '/_ping')).json()).toBe('/_ping');
    await forwarded.close();
    api.close();
    await ssh.close();
    await expect.poll(() => [jump.connections(), target.connections()]).toEqual([0, 0]);
  });

  it('the key of each of the two is verified', async () => {
    const foreign = { hostKeys: [stranger.public] };
    const ofTarget = `tester@127.0.0.1:${target.port} presented a host key that is not the pinned one`;
    const ofJump = `tester@127.0.0.1:${jump.port} presented a host key that is not the pinned one`;
    await expect(sshTransport(behind(foreign))).rejects.toThrow(ofTarget);
    await expect(sshTransport(behind({}, foreign))).rejects.toThrow(ofJump);
    await expect(sshTransport(behind({}, foreign))).rejects.toMatchObject({ code: 'HOST_KEY', hint: hints.hostKey });
    await expect.poll(() => [jump.connections(), target.connections()]).toEqual([0, 0]);
  });

  it('a host that it does not reach, or may not, is named', async () => {
    const gone = await start();
    const address = addressOf(gone);
    await gone[Symbol.asyncDispose]();
    const refused = sshTransport({ ...address, jump: addressOf(jump) });
    await expect(refused).rejects.toMatchObject({
      code: 'TRANSPORT',
      message: expect.stringContaining(`makes no connection to 127.0.0.1:${address.port}`),
      hint: expect.stringContaining('nc -vz 127.0.0.1'),
    });
    await using noJumpHost = await start();
    await expect(sshTransport(addressOf(target, { jump: addressOf(noJumpHost) }))).rejects.toThrow(
      `tester@127.0.0.1:${noJumpHost.port} allows no connection to 127.0.0.1:${target.port}`,
    );
  });

  it('what runs is lost when it breaks', async () => {
    await using own = await start({ isJumpHost: true });
    const ssh = await sshTransport(addressOf(target, { jump: addressOf(own) }));
    const running = expect(ssh.run('hang')).rejects.toMatchObject({ code: 'LOST' });
    await delay(100);
    own.cut();
    await running;
    await expect(ssh.run('whoami')).rejects.toMatchObject({ code: 'LOST' });
  });
});

describe('the keys that are offered', () => {
  it('one that may not log in is refused, with what to do', async () => {
    await using server = await start();
    const address = addressOf(server, { identityFile: fileOf('stranger', stranger.private) });
    await expect(sshTransport(address)).rejects.toMatchObject({ code: 'TRANSPORT', hint: hints.login });
  });

  it('of the default keys one without a passphrase logs in, and one that is missing or locked is left out', async () => {
    await using server = await start();
    const { identityFile = '', ...address } = addressOf(server);
    const locked = utils.generateKeyPairSync('ed25519', { passphrase: 'p', cipher: 'aes256-ctr', rounds: 16 }).private;
    const defaultIdentities = [join(folder, 'missing'), fileOf('locked', locked), fileOf('other', stranger.private)];
    await expect(sshTransport({ ...address, defaultIdentities })).rejects.toMatchObject({ code: 'TRANSPORT' });
    const ssh = await sshTransport({ ...address, defaultIdentities: [...defaultIdentities, identityFile] });
    expect((await ssh.run('x')).stdout).toBe('answer to x');
    await ssh.close();
  });

  it('a host that does not listen is told apart from one that refuses the key', async () => {
    const { port, ...server } = await start();
    await server[Symbol.asyncDispose]();
    await expect(sshTransport(addressOf({ ...server, port }))).rejects.toMatchObject({
      message: expect.stringContaining(`cannot reach tester@127.0.0.1:${port}: `),
      hint: expect.stringContaining('is the host up'),
    });
  });

  it.skipIf(!existsSync('/usr/bin/ssh-agent'))('an agent is asked, after the identity file', async () => {
    await using server = await start();
    const { identityFile, ...withoutKey } = addressOf(server);
    const agentSocket = join(folder, 'agent.sock');
    const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
    try {
      await expect.poll(() => existsSync(agentSocket)).toBe(true);
      const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
      await expect(sshTransport({ ...withoutKey, agentSocket })).rejects.toMatchObject({ code: 'TRANSPORT' });
      execFileSync('ssh-add', [identityFile ?? ''], { env, stdio: 'ignore' });
      const other = fileOf('other', stranger.private);
      for (const address of [withoutKey, { ...withoutKey, identityFile: other }]) {
        const ssh = await sshTransport({ ...address, agentSocket });
        expect((await ssh.run('x')).stdout).toBe('answer to x');
        await ssh.close();
      }
    } finally {
      agent.kill();
    }
    await expect(sshTransport({ ...withoutKey, agentSocket })).rejects.toMatchObject({ code: 'TRANSPORT' });
  });

  it('a file that is no use as an identity says why, and what is', () => {
    const withPassphrase = join(folder, 'secret');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', withPassphrase]);
    const refused = (file: string) => {
      try {
        readIdentity(file);
        return undefined;
      } catch (error) {
        return error;
      }
    };
    expect(refused(withPassphrase)).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining('needs a passphrase'),
      hint: expect.stringContaining(`ssh-add ${withPassphrase}`),
    });
    expect(refused(`${withPassphrase}.pub`)).toMatchObject({ hint: `--identity ${withPassphrase}` });
    expect(refused(fileOf('text', 'hello'))).toMatchObject({
      message: expect.stringContaining('is not a usable private key'),
    });
    expect(refused(folder)).toMatchObject({ message: expect.stringContaining('cannot be read') });
    expect(refused('/dev/zero')).toMatchObject({
      message: expect.stringMatching(/cannot be read: not a regular file$/),
    });
    expect(refused(fileOf('good', stranger.private))).toBeUndefined();
  });
});

it('is loaded by Node itself, which knows fewer names of ssh2 than vitest does', () => {
  const module = new URL('./ssh-login.ts', import.meta.url).href;
  const load = () => execFileSync(process.execPath, ['-e', `import(${JSON.stringify(module)})`], { stdio: 'pipe' });
  expect(load).not.toThrow();
});

describe('the key of a host', () => {
  it('is asked for in the kind that is known, as OpenSSH does', async () => {
    await using server = await start({ hostKeyTypes: ['ed25519', 'ecdsa'] });
    for (const hostKey of server.hostKeys) {
      const ssh = await sshTransport(addressOf(server, { hostKeys: [`host.example ${hostKey}`] }));
      expect((await ssh.run('x')).code).toBe(0);
      await ssh.close();
    }
  });

  it('the kinds that are not known come after', () => {
    expect(hostKeyAlgorithms([]).slice(0, 2)).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256']);
    expect(hostKeyAlgorithms(['host ssh-rsa AAAA']).slice(0, 4)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-rsa',
      'ssh-ed25519',
    ]);
  });
});
