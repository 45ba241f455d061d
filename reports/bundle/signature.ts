import { spawn } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';

/** What the signature is for (ssh-keygen's namespace): one made for Git or a file of another kind is none of a bundle. */
const signatureNamespace = 'rdc-bundle';

/** The command with which a bundle is signed by hand; it writes `FILE.sig`. */
export function signCommand(file: string, key = '~/.ssh/id_ed25519'): string {
  return `ssh-keygen -Y sign -f ${key} -n ${signatureNamespace} ${file}`;
}

/** The detached signature of a file, by `ssh-keygen -Y sign`; it may ask for a passphrase or a touch. */
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
  if (code === 0) return plainLine(by, 200);
  throw new RdcError(
    'INPUT',
    `${file}: ${signature} is no signature of ${plainLine(by, 200)} over it: ${lastLine(stderr || stdout)}`,
    {
      hint: 'a changed bundle or another key: get both again from who signed',
    },
  );
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

type Answer = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

async function sshKeygen(args: readonly string[], input?: string): Promise<Answer> {
  const child = spawn('ssh-keygen', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      if (output[name].length < 20_000) output[name] += chunk;
    });
  }
  // it may end before it has read everything: what it says then is in its exit code
  if (input === undefined) child.stdin.end();
  else await pipeline(createReadStream(input), child.stdin).catch(() => {});
  try {
    return { code: await promise, ...output };
  } catch (cause) {
    throw new RdcError('HOST_SETUP', 'ssh-keygen does not start here', {
      cause,
      hint: 'sudo apt-get install openssh-client',
    });
  }
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return plainLine(lines.at(-1) ?? 'it says nothing', 300);
}
