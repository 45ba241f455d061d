import { loadBundleReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { parseWords } from '../options/command-line.ts';

const options = {
  out: { type: 'string' },
  anonymous: { type: 'boolean' },
  hide: { type: 'string' },
  sign: { type: 'string' },
  verify: { type: 'string' },
  signature: { type: 'string' },
  'allowed-signers': { type: 'string' },
  signer: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const packing = ['out', 'anonymous', 'hide', 'sign'] as const;
const verifying = ['signature', 'allowed-signers', 'signer'] as const;

type Values = ReturnType<typeof parseWords>['values'];

/** `rdc bundle`: packs a run, or verifies what was packed. */
export async function bundleCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, options, { command: 'bundle' });
  const foreign = (values.verify === undefined ? verifying : packing).find((name) => values[name] !== undefined);
  if (foreign !== undefined) {
    throw new RdcError('USAGE', `--${foreign} goes with${values.verify === undefined ? '' : 'out'} --verify`, {
      hint: './rdc bundle --help',
    });
  }
  if (positionals.length > (values.verify === undefined ? 1 : 0)) {
    throw new RdcError('USAGE', `bundle takes one run, or --verify one file, not ${positionals.join(' ')}`, {
      hint: './rdc merge RUN... --out DIR makes one run of many',
    });
  }
  const json = values.json === true;
  const reports = await loadBundleReports();
  if (values.verify === undefined) await reports.bundleCommand({ ...packingOf(values, positionals[0]), json });
  else await reports.verifyBundleCommand({ file: String(values.verify), ...signatureOf(values), json });
  return exitCodes.ok;
}

function packingOf(values: Values, run: string | undefined) {
  const hide = String(values.hide ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (hide.length > 0 && values.anonymous !== true)
    throw new RdcError('USAGE', '--hide goes with --anonymous', { hint: './rdc bundle RUN --anonymous --hide NAME' });
  return {
    ...(run === undefined ? {} : { run }),
    ...(values.out === undefined ? {} : { out: String(values.out) }),
    ...(values.anonymous === true ? { anonymous: { hide } } : {}),
    ...(values.sign === undefined ? {} : { key: String(values.sign) }),
  };
}

function signatureOf(values: Values) {
  const given = verifying.filter((name) => values[name] !== undefined);
  if (given.length === 0) return {};
  if (values.signature === undefined || values['allowed-signers'] === undefined) {
    throw new RdcError(
      'USAGE',
      '--signature and --allowed-signers go together: who may sign is for the reader to say',
      {
        hint: './rdc bundle --verify FILE --signature FILE.sig --allowed-signers allowed_signers',
      },
    );
  }
  const signer = values.signer === undefined ? {} : { signer: String(values.signer) };
  const allowedSigners = String(values['allowed-signers']);
  return { signature: { signature: String(values.signature), allowedSigners, ...signer } };
}
