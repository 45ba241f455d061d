import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it } from 'vitest';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { runFolderOf } from '../synthetic-runs/run-on-disk.ts';
import { createBundle } from './create-bundle.ts';
import { signCommand, verifySignature } from './signature.ts';

let folder = '';
let out = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-signature-'));
  out = join(folder, 'run.tar.gz');
});

const run = () => runFolderOf([resultsWith('debian-13', [{ id: 'NS-UIDMAP', verdict: 'pass' }])]);

/** A new key, and a file that allows it to sign as `signer`. */
function keyOf(signer: string): { key: string; allowedSigners: string } {
  const key = join(folder, `key of ${signer.replace(/\W/g, '_')}`);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  const allowedSigners = `${key}.allowed`;
  writeFileSync(allowedSigners, `${signer} namespaces="rdc-bundle" ${readFileSync(`${key}.pub`, 'utf8')}`);
  return { key, allowedSigners };
}

it('what was signed is verified, and who signed it is told', async () => {
  const { key, allowedSigners } = keyOf('ci@example.org');
  await createBundle(run(), { out, key });
  const signature = `${out}.sig`;
  await expect(verifySignature(out, { signature, allowedSigners })).resolves.toBe('ci@example.org');
  await expect(verifySignature(out, { signature, allowedSigners, signer: 'ci@example.org' })).resolves.toBe(
    'ci@example.org',
  );
  await expect(verifySignature(out, { signature, allowedSigners, signer: 'other@example.org' })).rejects.toThrow(
    /\[INPUT\] .* is no signature of other@example.org over it/,
  );
});

it('the command for signing by hand makes a signature that is verified', async () => {
  const { key, allowedSigners } = keyOf('me@example.org');
  await createBundle(run(), { out });
  const [command = '', ...words] = signCommand(out, 'KEY')
    .split(' ')
    .map((word) => (word === 'KEY' ? key : word));
  execFileSync(command, words, { stdio: 'ignore' });
  await expect(verifySignature(out, { signature: `${out}.sig`, allowedSigners })).resolves.toBe('me@example.org');
});

it('a changed bundle, a foreign key and a signature for something else are refused', async () => {
  const { key, allowedSigners } = keyOf('ci@example.org');
  const foreign = keyOf('somebody@example.org');
  await createBundle(run(), { out, key });
  const signature = `${out}.sig`;
  await expect(verifySignature(out, { signature, allowedSigners: foreign.allowedSigners })).rejects.toThrow(
    /\[INPUT\] .*is of no signer in/,
  );
  const forGit = join(folder, 'git.sig');
  const input = readFileSync(out);
  writeFileSync(
    forGit,
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', 'git'], { input, stdio: 'pipe' }),
  );
  await expect(verifySignature(out, { signature: forGit, allowedSigners })).rejects.toThrow(/\[INPUT\]/);
  appendFileSync(out, 'x');
  await expect(verifySignature(out, { signature, allowedSigners })).rejects.toThrow(
    /\[INPUT\] .*is no signature of ci@example.org over it/,
  );
});

it('ssh-keygen is given no device to read for ever', async () => {
  const { allowedSigners } = keyOf('ci@example.org');
  await createBundle(run(), { out });
  const refused = /^\[INPUT\] \/dev\/zero: not a regular file$/;
  await expect(verifySignature(out, { signature: '/dev/zero', allowedSigners })).rejects.toThrow(refused);
  await expect(verifySignature(out, { signature: out, allowedSigners: '/dev/zero' })).rejects.toThrow(refused);
  await expect(createBundle(run(), { out, key: '/dev/zero' })).rejects.toThrow(refused);
});

it('a key that does not sign leaves nothing behind', async () => {
  const key = join(folder, 'no-key');
  writeFileSync(key, 'not a key');
  await expect(createBundle(run(), { out, key })).rejects.toThrow(
    /\[INPUT\] .*no-key: ssh-keygen does not sign with it/,
  );
  expect(readdirSync(folder)).toEqual(['no-key']);
});

it('a bundle that is packed anew without a key loses the signature of the one before', async () => {
  const { key } = keyOf('ci@example.org');
  await createBundle(run(), { out, key });
  expect(existsSync(`${out}.sig`)).toBe(true);
  await createBundle(run(), { out });
  expect(existsSync(`${out}.sig`)).toBe(false);
});

it('a missing file is named', async () => {
  await createBundle(run(), { out });
  const signature = { signature: `${out}.sig`, allowedSigners: join(folder, 'allowed') };
  await expect(verifySignature(out, signature)).rejects.toThrow(/\[INPUT\] .*run.tar.gz.sig: no such file/);
});
