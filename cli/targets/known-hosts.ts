import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';

export type Login = { readonly host: string; readonly port: number; readonly user: string };

const files = () => [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'];

/**
 * The host keys that OpenSSH trusts for a host on this machine; a host that nobody has met is not trusted by us
 * either. A key that is marked as revoked is none. `jump`: how OpenSSH would be told to get there.
 */
export function knownHostKeys({ host, port, user }: Login, jump?: string): string[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const lines = files().flatMap((file) => (existsSync(file) ? linesOf(name, file) : []));
  const blobOf = (line: string) => /\s(AAAA\S+)/.exec(line)?.[1];
  const revoked = lines.filter((line) => line.startsWith('@revoked')).map(blobOf);
  // a line that begins with @cert-authority names who may sign host keys, and no host key
  const keys = lines.filter((line) => !line.startsWith('@') && !revoked.includes(blobOf(line)));
  if (keys.length > 0) return keys;
  throw new RdcError('HOST_KEY', `the host key of ${name} is not known on this machine`, {
    hint: `ssh ${jump === undefined ? '' : `-J ${jump} `}-p ${port} ${user}@${host} true   # compare the fingerprint it shows, then run again`,
  });
}

function linesOf(name: string, file: string): string[] {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const text = execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8', stdio: [...stdio] });
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    // it ends with 1 when the host is not in the file
    if (cause instanceof Error && 'status' in cause && typeof cause.status === 'number') return [];
    throw new RdcError('HOST_SETUP', 'ssh-keygen, which knows the host keys, cannot be started', {
      cause,
      hint: 'sudo apt-get install openssh-client',
    });
  }
}
