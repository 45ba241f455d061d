import { execFileSync } from 'node:child_process';
import { RdcError } from '../errors.ts';

/** The host keys that this user's OpenSSH already trusts for a host; a host that nobody has met is not trusted by us either. */
export function knownHostKeys(host: string, port: number): string[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  try {
    const text = execFileSync('ssh-keygen', ['-F', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const keys = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@revoked'));
    if (keys.length > 0) return keys;
  } catch {
    // ssh-keygen -F ends with 1 when the host is not known
  }
  throw new RdcError('HOST_KEY', `the host key of ${name} is not known on this machine`, {
    hint: `ssh -p ${port} ${host} true   # compare the fingerprint it shows, then run again`,
  });
}
