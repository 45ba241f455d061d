import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';

/** As typed; what is missing comes from OpenSSH's configuration. */
export type Destination = {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
};

export type SshConfig = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** private keys that exist, in OpenSSH's order */
  readonly identityFiles: readonly string[];
  readonly agentSocket?: string;
  /** `USER@HOST:PORT` of each jump host, the first one first */
  readonly jumps: readonly string[];
  /** the name of the host in known_hosts */
  readonly knownAs: string;
  readonly knownHostsFiles: readonly string[];
};

/**
 * How OpenSSH would reach a host: `ssh -G` reads ~/.ssh/config with its Include and Match, and knows the defaults.
 * Throws INPUT for a configuration that OpenSSH refuses or that needs a ProxyCommand, HOST_SETUP without OpenSSH.
 */
export function sshConfig(destination: Destination): SshConfig {
  const lines = askOpenSsh(destination)
    .split('\n')
    .map((line) => /^(\S+) (.*)$/.exec(line) ?? []);
  const all = (key: string) => lines.flatMap(([, name, value = '']) => (name === key ? [value] : []));
  const one = (key: string) => all(key)[0];
  if (one('proxycommand') !== undefined) {
    throw new RdcError(
      'INPUT',
      `${destination.host} is reached by a ProxyCommand in ~/.ssh/config, which is not supported`,
      {
        hint: 'use ProxyJump there, or --jump USER@HOST',
      },
    );
  }
  const host = one('hostname') ?? destination.host;
  const port = Number(one('port') ?? 22);
  const agentSocket = agentOf(one('identityagent'));
  return {
    host,
    port,
    user: one('user') ?? userInfo().username,
    identityFiles: all('identityfile').map(inHome).filter(existsSync),
    jumps: (one('proxyjump') ?? '').split(',').filter((jump) => jump !== '' && jump !== 'none'),
    knownAs: one('hostkeyalias') ?? (port === 22 ? host : `[${host}]:${port}`),
    knownHostsFiles: knownHostsFiles([one('userknownhostsfile'), one('globalknownhostsfile')]),
    ...(agentSocket ? { agentSocket } : {}),
  };
}

function askOpenSsh({ host, port, user }: Destination): string {
  const args = ['-G', ...(port === undefined ? [] : ['-p', String(port)]), ...(user === undefined ? [] : ['-l', user])];
  try {
    return execFileSync('ssh', [...args, '--', host], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    const { status, stderr = '' } = cause as { status?: number | null; stderr?: string };
    if (typeof status === 'number') {
      const why = plainLine(stderr.trim().split('\n').at(-1) ?? '', 200);
      throw new RdcError('INPUT', `OpenSSH refuses its configuration for ${host}: ${why}`, {
        cause,
        hint: `ssh -G ${host}`,
      });
    }
    throw new RdcError('HOST_SETUP', 'cannot start ssh, which reads ~/.ssh/config', {
      cause,
      hint: 'install the OpenSSH client',
    });
  }
}

function agentOf(configured = 'SSH_AUTH_SOCK'): string | undefined {
  if (configured === 'none') return undefined;
  const variable = /^\$?(\w+)$/.exec(configured)?.[1];
  return variable === undefined ? inHome(configured) : process.env[variable];
}

/** OpenSSH takes the home from the user database; where HOME is another folder, its known_hosts counts as well. */
function knownHostsFiles(configured: readonly (string | undefined)[]): string[] {
  const files = configured.flatMap((value) => value?.split(' ') ?? []).map(inHome);
  return [...new Set([...files, join(homedir(), '.ssh/known_hosts')])];
}

function inHome(path: string): string {
  return path.replace(/^(~|%d)(?=\/)/, userInfo().homedir);
}
