import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';

export type Login = { readonly host: string; readonly port: number; readonly user: string };

const files = () => [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'];

/**
 * The host keys of a host that OpenSSH trusts on this machine; we trust no other. A revoked key is not one of them.
 * `jump`: the jump host that OpenSSH would need.
 */
export function knownHostKeys({ host, port, user }: Login, jump?: string): string[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const lines = files().flatMap((file) => (existsSync(file) ? linesOf(name, file) : []));
  const blobOf = (line: string) => /\s(AAAA\S+)/.exec(line)?.[1];
  const revoked = lines.filter((line) => line.startsWith('@revoked')).map(blobOf);
  // a line with @cert-authority names who may sign host keys; it is not a host key
  const keys = lines.filter((line) => !line.startsWith('@') && !revoked.includes(blobOf(line)));
  if (keys.length > 0) return keys;
  throw new RdcError('HOST_KEY', `unknown host key: ${name}`, {
    hint: `ssh ${jump === undefined ? '' : `-J ${jump} `}-p ${port} ${user}@${host} true   # compare the fingerprint, then run again`,
  });
}

function linesOf(name: string, file: string): string[] {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const text = execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8', stdio: [...stdio] });
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    // exit code 1: the host is not in the file
    if (cause instanceof Error && 'status' in cause && typeof cause.status === 'number') return [];
    throw new RdcError('HOST_SETUP', 'cannot start ssh-keygen, which reads known_hosts', {
      cause,
      hint: 'sudo apt-get install openssh-client',
    });
  }
}
