import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utils } from 'ssh2';
import { afterAll, beforeAll, beforeEach, describe, expect, test as it, vi } from 'vitest';
import { requireHostOptions, sshAddress } from './ssh-addresses.ts';
import { resolveTargets, type TargetName } from './target-names.ts';

const home = mkdtempSync(join(tmpdir(), 'rdc-home-'));
const knownHosts = join(home, '.ssh/known_hosts');
const realSsh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
const newKey = () => utils.generateKeyPairSync('ed25519').public.trim();
const [first, second, third] = [newKey(), newKey(), newKey()];

beforeAll(() => {
  mkdirSync(join(home, '.ssh'));
  writeFileSync(knownHosts, `known.example ${first}\n[known.example]:2222 ${second}\nhidden.example ${third}\n`);
  // as Debian's OpenSSH writes them
  execFileSync('ssh-keygen', ['-q', '-H', '-f', knownHosts], { stdio: 'ignore' });
  appendFileSync(knownHosts, `@revoked revoked.example ${second}\nrevoked.example ${second}\n`);
  appendFileSync(knownHosts, `@cert-authority signed.example ${first}\n`);
  writeFileSync(join(home, '.ssh/id_work'), utils.generateKeyPairSync('ed25519').private);
  writeFileSync(
    join(home, '.ssh/config'),
    `Host box
  HostName known.example
  Port 2222
  User alice
  IdentityFile ${home}/.ssh/id_work
  IdentityFile ${home}/.ssh/id_missing
  ProxyJump me@gw:2222
Host gw
  HostName known.example
  IdentityAgent none
Host chain
  HostName known.example
  ProxyJump a@known.example,b@known.example:2222
Host loop
  HostName known.example
  ProxyJump b@loop2
Host loop2
  HostName known.example
  ProxyJump b@loop
Host hidden
  HostKeyAlias hidden.example
Host command
  ProxyCommand nc %h %p
Host none
  HostName known.example
  IdentityFile none
`,
  );
  // OpenSSH takes the home from the user database, not from HOME
  writeFileSync(
    join(home, 'ssh'),
    `#!/bin/sh\nexec "${realSsh}" -F '${home}/.ssh/config' -o UserKnownHostsFile='${knownHosts}' "$@"\n`,
  );
  chmodSync(join(home, 'ssh'), 0o755);
});
beforeEach(() => {
  vi.stubEnv('HOME', home);
  vi.stubEnv('PATH', `${home}:${process.env.PATH}`);
  vi.stubEnv('SSH_AUTH_SOCK', '');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const options = { rootVia: 'sudo' } as const;
const addressOf = (url: string, changes: object = {}, user?: string) =>
  sshAddress(resolveTargets([url])[0] as Extract<TargetName, { kind: 'ssh' }>, { ...options, ...changes }, user);

describe('the keys that OpenSSH knows', () => {
  it.each([
    ['ssh://u@known.example', first],
    ['ssh://u@known.example:2222', second],
    ['ssh://u@hidden.example', third],
  ])('%s', (url, key) => {
    expect(addressOf(url).hostKeys.join()).toContain(key.split(' ')[1]);
  });

  it.each(['unknown.example', 'revoked.example', 'signed.example'])('%s is refused, with the remedy', (host) => {
    expect(() => addressOf(`ssh://u@${host}`)).toThrow(`[HOST_KEY] unknown host key: ${host}`);
  });

  it('the remedy goes the way of the run', () => {
    const jump = 'me@known.example:2222';
    expect(() => addressOf('ssh://u@unknown.example:24', { jump })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`ssh -J ${jump} -p 24 u@unknown.example true`) }),
    );
  });
});

it('the user, root and the jump host have an address each, with the same keys to offer', () => {
  vi.stubEnv('SSH_AUTH_SOCK', '/agent.sock');
  const changes = { identity: '/id', jump: 'me@known.example:2222' };
  const offered = { identityFile: '/id', agentSocket: '/agent.sock' };
  expect(addressOf('ssh://u@known.example', changes)).toMatchObject({
    ...{ host: 'known.example', port: 22, user: 'u', ...offered },
    jump: { host: 'known.example', port: 2222, user: 'me', ...offered },
  });
  expect(addressOf('ssh://u@known.example', changes, 'root')).toMatchObject({ user: 'root', jump: { user: 'me' } });
});

it('without a key to offer that is what is said, else the way to try it by hand', () => {
  expect(addressOf('ssh://u@known.example').hints?.login).toContain('no key to offer: use --identity FILE');
  const hints = addressOf('ssh://u@known.example', { identity: '/id' }).hints;
  expect(hints?.login).toContain('ssh -i /id -o BatchMode=yes -p 22 u@known.example true');
  expect(hints?.hostKey).toContain("ssh-keygen -R 'known.example'");
});

describe('~/.ssh/config', () => {
  it('host, port, user, keys and jump host', () => {
    expect(addressOf('ssh://box')).toMatchObject({
      ...{ host: 'known.example', port: 2222, user: 'alice', defaultIdentities: [join(home, '.ssh/id_work')] },
      jump: { host: 'known.example', port: 2222, user: 'me' },
    });
    expect(resolveTargets(['ssh://box'])[0].name).toBe('alice@box');
  });

  it('what is typed counts more', () => {
    const address = addressOf('ssh://bob@box:22', { identity: '/id', jump: 'x@known.example' });
    expect(address).toMatchObject({ port: 22, user: 'bob', identityFile: '/id', jump: { user: 'x', port: 22 } });
    expect(address.defaultIdentities).toBeUndefined();
  });

  it('several jump hosts, the first one first', () => {
    expect(addressOf('ssh://u@chain')).toMatchObject({
      user: 'u',
      jump: { user: 'b', port: 2222, jump: { user: 'a' } },
    });
  });

  it('an agent that is switched off, and another name in known_hosts', () => {
    vi.stubEnv('SSH_AUTH_SOCK', '/agent.sock');
    expect(addressOf('ssh://u@gw:2222').agentSocket).toBeUndefined();
    expect(addressOf('ssh://u@hidden').hostKeys.join()).toContain(third.split(' ')[1]);
  });

  it.each([
    ['ssh://u@command', '[INPUT] command is reached by a ProxyCommand in ~/.ssh/config'],
    ['ssh://u@loop', '[INPUT] more than 8 jump hosts on the way to'],
  ])('%s is refused', (url, message) => {
    expect(() => addressOf(url)).toThrow(message);
  });

  it('a configuration that OpenSSH refuses, and no OpenSSH', () => {
    const config = join(home, '.ssh/config');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, 'Nonsense yes\n');
    expect(() => addressOf('ssh://u@box')).toThrow('[INPUT] OpenSSH refuses its configuration for box: ');
    writeFileSync(config, text);
    vi.stubEnv('PATH', '/nowhere');
    expect(() => addressOf('ssh://u@box')).toThrow('[HOST_SETUP] cannot start ssh');
  });
});

it.each([
  [['ssh://u@h'], { identity: '/no/such/key' }, /\[INPUT\] the identity file \/no\/such\/key cannot be read/],
  [['ssh://u@h'], { jump: 'a@b/c' }, /\[USAGE\] jump host "a@b\/c" is not \[USER@\]HOST/],
  [['ssh://u@h'], { jump: 'a@b,,c@d' }, /\[USAGE\] jump host "" is not/],
  [['ssh://u@h'], { jump: 'a@-oProxyCommand=x' }, /\[USAGE\] jump host/],
  [['debian-13', 'local'], { jump: 'a@b' }, /\[USAGE\] --jump needs an ssh:\/\/ target/],
  [['local'], { rootVia: 'ssh' }, /\[USAGE\] --root-via ssh cannot be used with local; allowed there: sudo, none/],
] as const)('%j with %j is refused before anything is started', (words, changes, message) => {
  expect(() => requireHostOptions(resolveTargets(words), { ...options, ...changes })).toThrow(message);
});

it('what is in order is let through', () => {
  expect(() =>
    requireHostOptions(resolveTargets(['ssh://u@h', 'debian-13']), { ...options, jump: 'a@b:24' }),
  ).not.toThrow();
});
