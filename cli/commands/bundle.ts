import { realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { refuseOccupied } from '../../harness/this-machine/writable-path.ts';
import { bundleSummary, createBundle, describeBundle, outHint } from '../../reports/bundle/create-bundle.ts';
import { isBundle, readBundle, withRuns } from '../../reports/bundle/open-bundle.ts';
import { type SignatureToCheck, signCommand, verifySignature } from '../../reports/bundle/signature.ts';
import { findRun } from '../../reports/results/run-folder.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { json, runArgument } from '../options/options.ts';
import { print, say } from '../options/output.ts';
import { listOf, usageError } from '../options/values.ts';

const about =
  'Packs results, facts, evidence, consoles and the digest of the suite into one .tar.gz that compare, report, export ' +
  'and merge read. The same run gives the same bytes.';
const examples = [
  'bundle',
  'bundle RUN --anonymous --hide my-laptop --sign ~/.ssh/id_ed25519',
  'bundle --verify FILE --signature FILE.sig --allowed-signers SIGNERS',
];
const notes = [
  'Exit codes: 0 packed, or as it was packed; 2 the bundle was changed, cut off or signed by nobody who is allowed to, or FILE cannot be written. See docs/guides/bundles.md.',
];

const declared = declare('bundle', about, { examples, notes })
  .addArgument(runArgument)
  .option('--out <file>', 'the archive (default: <run>.tar.gz in the current folder)')
  .option(
    '--anonymous',
    'replace names of users and hosts (user-1, host-1) and addresses (192.0.2.1, 2001:db8::1); verdicts stay. Read it through before you publish it',
  )
  .option('--hide <names>', 'further names to replace: those that no text marks as a name', listOf)
  .option('--sign <key>', 'write FILE.sig with ssh-keygen -Y sign, namespace rdc-bundle')
  .option('--verify <file>', 'check that a bundle is as it was packed; without a signature anybody can have packed it')
  .option('--signature <file>', 'with --verify: check by whom it was signed')
  .option('--allowed-signers <file>', 'with --signature: who may sign, see ssh-keygen(1)')
  .option('--signer <name>', 'with --signature: only this one of them')
  .addOption(json);
type Options = ReturnType<typeof declared.opts>;

const help = './rdc bundle --help';
const packing = ['out', 'anonymous', 'hide', 'sign'] as const;
const verifying = ['signature', 'allowedSigners', 'signer'] as const;

export const command = defineCommand(declared, async ([run], options) => {
  const { verify } = options;
  const stray = (verify === undefined ? verifying : packing).find((name) => options[name] !== undefined);
  if (stray !== undefined) {
    const flag = stray === 'allowedSigners' ? 'allowed-signers' : stray;
    throw usageError(`--${flag} ${verify === undefined ? 'needs' : 'cannot be used with'} --verify`, help);
  }
  if (verify === undefined) await pack(run, options);
  else if (run !== undefined) throw usageError(`bundle takes a run or --verify FILE, not both (got: ${run})`, help);
  else await verifyBundle(verify, options);
  return exitCodes.ok;
});

/** Prints the archive's path, and on stderr what is in it and how to sign it. */
async function pack(run = 'latest', { out: asked, anonymous, hide = [], sign, json }: Options): Promise<void> {
  if (hide.length > 0 && !anonymous)
    throw usageError('--hide needs --anonymous', './rdc bundle RUN --anonymous --hide NAME');
  const out = resolve(asked ?? defaultName(run, anonymous === true));
  refuseOccupied(out, outHint);
  const options = { out, ...(anonymous ? { anonymous: { hide } } : {}), ...(sign === undefined ? {} : { key: sign }) };
  const bundle = await withRuns([run], ([path = run]) => createBundle(path, options));
  say(describeBundle(bundle).join('\n'));
  say(sign === undefined ? `sign it: ${signCommand(out)}` : `signed: ${out}.sig`);
  print(json ? JSON.stringify({ file: out, ...bundleSummary(bundle) }) : out);
}

/** Throws INPUT when a bundle is not as it was packed, or not signed by whom it should be. */
async function verifyBundle(file: string, options: Options): Promise<void> {
  const signature = signatureOf(options);
  if (!statSync(file, { throwIfNoEntry: false }))
    throw new RdcError('INPUT', `${file}: no such file`, { hint: 'ls *.tar.gz' });
  if (!isBundle(file)) throw new RdcError('INPUT', `${file}: not a bundle of rdc`, { hint: './rdc bundle RUN' });
  const bundle = await readBundle(file);
  // the bytes first: ssh-keygen only says whose they are
  const signer = signature && (await verifySignature(file, signature));
  const signed = signer === undefined ? 'not signed: anybody can have packed it' : `signed by ${signer}`;
  const lines = [`${file}: as it was packed`, ...describeBundle(bundle), signed];
  print(options.json ? JSON.stringify({ file, ...bundleSummary(bundle), signer: signer ?? null }) : lines.join('\n'));
}

function signatureOf({ signature, allowedSigners, signer }: Options): SignatureToCheck | undefined {
  if ([signature, allowedSigners, signer].every((value) => value === undefined)) return undefined;
  if (signature === undefined || allowedSigners === undefined) {
    throw usageError(
      '--signature and --allowed-signers go together: the reader says who may sign',
      './rdc bundle --verify FILE --signature FILE.sig --allowed-signers allowed_signers',
    );
  }
  return { signature, allowedSigners, ...(signer === undefined ? {} : { signer }) };
}

/** `<run>.tar.gz` in the current folder. The name of an anonymous one must not say what the archive hides. */
function defaultName(run: string, isAnonymous: boolean): string {
  const path = realpathSync(findRun(run));
  const name = basename(path).replace(/(\.tar\.gz|\.tgz|\.json)$/, '');
  if (!isAnonymous) {
    if (!isBundle(path)) return `${name}.tar.gz`;
    throw usageError(`${run} is a bundle already`, `./rdc bundle ${run} --anonymous, or --out FILE`);
  }
  const runId = /^\d{4}-\d\d-\d\dT[\dZ-]+-[0-9a-f]{4}$/.test(name) ? name : 'run';
  return `${runId}-anonymous.tar.gz`;
}
