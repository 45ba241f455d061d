import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';

/** ssh-keygen's namespace: a signature that was made for something else, such as a commit, is none of a bundle. */
const signatureNamespace = 'rdc-bundle';

/** The command with which a bundle is signed by hand; it writes `FILE.sig`. */
export function signCommand(file: string, key = '~/.ssh/id_ed25519'): string {
  return `ssh-keygen -Y sign -f ${key} -n ${signatureNamespace} ${file}`;
}

/** The detached signature of a file; ssh-keygen may ask for a passphrase or a touch. */
export async function signFile(file: string, key: string): Promise<string> {
  refuseEndless(key);
  const { code, stdout, stderr } = await sshKeygen(['-Y', 'sign', '-f', key, '-n', signatureNamespace], file);
  if (code === 0 && stdout.startsWith('-----BEGIN SSH SIGNATURE-----')) return stdout;
  throw new RdcError('INPUT', `${key}: ssh-keygen does not sign with it: ${lastLine(stderr)}`, {
    hint: `ssh-keygen -y -f ${key}`,
  });
}

/** ssh-keygen would wait for a pipe that nobody writes to, and read a device without end. */
function refuseEndless(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() ?? true) return;
  throw new RdcError('INPUT', `${file}: not a regular file`, { hint: `ls -l ${file}` });
}

export type SignatureToCheck = {
  readonly signature: string;
  /** file of who may sign: see ALLOWED SIGNERS in ssh-keygen(1) */
  readonly allowedSigners: string;
  /** who must have signed; default: anyone in that file */
  readonly signer?: string;
};

/** Checks a detached signature; returns who signed. Throws INPUT when it is not that of an allowed signer over this file. */
export async function verifySignature(
  file: string,
  { signature, allowedSigners, signer }: SignatureToCheck,
): Promise<string> {
  for (const needed of [signature, allowedSigners]) {
    if (!existsSync(needed)) throw new RdcError('INPUT', `${needed}: no such file`, { hint: signCommand(file) });
    refuseEndless(needed);
  }
  const by = signer ?? (await findSigner(file, signature, allowedSigners));
  const args = ['-Y', 'verify', '-f', allowedSigners, '-I', by, '-n', signatureNamespace, '-s', signature];
  const { code, stdout, stderr } = await sshKeygen(args, file);
  const name = plainLine(by, 200);
  if (code === 0) return name;
  const why = lastLine(stderr || stdout);
  throw new RdcError('INPUT', `${file}: ${signature} is no signature of ${name} over it: ${why}`, {
    hint: 'a changed bundle or another key: get both again from who signed',
  });
}

async function findSigner(file: string, signature: string, allowedSigners: string): Promise<string> {
  const args = ['-Y', 'find-principals', '-f', allowedSigners, '-s', signature];
  const { code, stdout, stderr } = await sshKeygen(args);
  const [first = ''] = stdout.split('\n');
  if (code === 0 && first !== '') return first;
  throw new RdcError('INPUT', `${file}: ${signature} is of no signer in ${allowedSigners}: ${lastLine(stderr)}`, {
    hint: 'a line of that file is: NAME ssh-ed25519 AAAA...',
  });
}

async function sshKeygen(args: readonly string[], input?: string) {
  const child = spawn('ssh-keygen', args);
  if (input === undefined) child.stdin.end();
  // it may end before it has read everything: its exit code says why
  else pipeline(createReadStream(input), child.stdin).catch(() => {});
  try {
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    const [stdout, stderr, [code]] = await ended;
    return { code, stdout, stderr };
  } catch (cause) {
    const hint = 'sudo apt-get install openssh-client';
    throw new RdcError('HOST_SETUP', 'ssh-keygen does not start here', { cause, hint });
  }
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return plainLine(lines.at(-1) ?? 'it says nothing', 300);
}
