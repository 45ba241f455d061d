import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { RdcError } from '../../harness/messages/errors.ts';
import { installHint } from '../../harness/this-machine/distribution.ts';
import type { SshConfig } from './ssh-config.ts';

/** The host keys that OpenSSH trusts on this machine; no other is trusted. `addKey` is the command that adds one. */
export function knownHostKeys({ knownAs, knownHostsFiles }: SshConfig, addKey: string): string[] {
  const lines = knownHostsFiles.flatMap((file) => (existsSync(file) ? linesOf(knownAs, file) : []));
  const blobOf = (line: string) => /\s(AAAA\S+)/.exec(line)?.[1];
  const revoked = lines.filter((line) => line.startsWith('@revoked')).map(blobOf);
  // a line with @cert-authority names who may sign host keys; it is not a host key
  const keys = lines.filter((line) => !line.startsWith('@') && !revoked.includes(blobOf(line)));
  if (keys.length > 0) return keys;
  throw new RdcError('HOST_KEY', `unknown host key: ${knownAs}`, {
    hint: `${addKey}   # compare the fingerprint, then run again`,
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
      hint: installHint('ssh'),
    });
  }
}
