import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { RdcError } from '../../harness/messages/errors.ts';

/** The command that the words are for, and how many words it takes besides its options (any number by default). */
export type Form = { readonly command: string; readonly most?: number };

/** The words of a command line against what the command knows; anything else is USAGE: what is passed over is lost. */
export function parseWords(
  words: readonly string[],
  known: ParseArgsOptionsConfig,
  form: Form,
): ReturnType<typeof parseArgs> {
  const parsed = parseKnown(words, known, form);
  refuseEmpty(parsed.values, form);
  const { command, most = Number.POSITIVE_INFINITY } = form;
  const count = parsed.positionals.length;
  if (count <= most) return parsed;
  const takes = ['no words', 'one word'][most] ?? `${most} words`;
  throw new RdcError('USAGE', `${command} takes ${takes}, not ${count}: ${parsed.positionals.join(' ')}`, {
    hint: `./rdc ${command} --help`,
  });
}

/** `--out "$DIR"` without a DIR would be the current folder. */
function refuseEmpty(values: Readonly<Record<string, unknown>>, { command }: Form): void {
  const empty = Object.keys(values).find((name) => values[name] === '');
  if (empty === undefined) return;
  throw new RdcError('USAGE', `--${empty} is empty`, { hint: `./rdc ${command} --help` });
}

function parseKnown(words: readonly string[], known: ParseArgsOptionsConfig, { command }: Form) {
  try {
    return parseArgs({ args: [...words], options: known, allowPositionals: true, strict: true });
  } catch (cause) {
    const options = Object.keys(known).map((name) => `--${name}`);
    const what = cause instanceof Error ? cause.message.split(/\.\s/)[0] : String(cause);
    const there = options.length === 0 ? `${command} has none` : `${command} knows ${options.join(' ')}`;
    throw new RdcError('USAGE', `${what}; ${there}`, { cause, hint: `./rdc ${command} --help` });
  }
}
