import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utils } from 'ssh2';
import { afterAll, beforeAll, beforeEach, describe, expect, test as it, vi } from 'vitest';
import { requireHostOptions, sshAddress } from './ssh-addresses.ts';
import { parseSshUrl, resolveTargets } from './target-names.ts';

const home = mkdtempSync(join(tmpdir(), 'rdc-home-'));
const knownHosts = join(home, '.ssh/known_hosts');
const newKey = () => utils.generateKeyPairSync('ed25519').public.trim();
const [first, second, third] = [newKey(), newKey(), newKey()];

beforeAll(() => {
  mkdirSync(join(home, '.ssh'));
  writeFileSync(knownHosts, `known.example ${first}\n[known.example]:2222 ${second}\nhidden.example ${third}\n`);
  // as Debian's OpenSSH writes them
  execFileSync('ssh-keygen', ['-q', '-H', '-f', knownHosts], { stdio: 'ignore' });
  appendFileSync(knownHosts, `@revoked revoked.example ${second}\nrevoked.example ${second}\n`);
  appendFileSync(knownHosts, `@cert-authority signed.example ${first}\n`);
});
beforeEach(() => {
  vi.stubEnv('HOME', home);
  vi.stubEnv('SSH_AUTH_SOCK', '');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const options = { rootVia: 'sudo' } as const;
const addressOf = (url: string, changes: object = {}, user?: string) =>
  sshAddress(parseSshUrl(url), { ...options, ...changes }, user);

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

it.each([
  [['ssh://u@h'], { identity: '/no/such/key' }, /\[INPUT\] the identity file \/no\/such\/key cannot be read/],
  [['ssh://u@h'], { jump: 'gateway' }, /\[USAGE\] --jump is "gateway"; allowed: one USER@HOST/],
  [['ssh://u@h'], { jump: 'a@b,c@d' }, /\[USAGE\] --jump is "a@b,c@d"/],
  [['ssh://u@h'], { jump: 'a@-oProxyCommand=x' }, /\[USAGE\] --jump is/],
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
