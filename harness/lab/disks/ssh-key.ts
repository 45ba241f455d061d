import { existsSync, readFileSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { installHint } from '../../this-machine/distribution.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runCommand } from '../../this-machine/run-command.ts';

/** The lab's own key pair, made once; the private half never leaves the cache. */
export async function ensureSshKey(): Promise<{ identityFile: string; publicKey: string }> {
  const identityFile = cachePath('ssh', 'id_ed25519');
  if (!existsSync(`${identityFile}.pub`)) {
    const made = await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'rdc', '-f', identityFile]);
    if (made.exitCode !== 0) {
      throw new RdcError('HOST_SETUP', `ssh-keygen could not make ${identityFile}`, {
        hint: installHint('ssh'),
      });
    }
  }
  return { identityFile, publicKey: readFileSync(`${identityFile}.pub`, 'utf8').trim() };
}
