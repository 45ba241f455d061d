import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { RdcError } from '../../harness/messages/errors.ts';
import { type Level, levels } from '../../harness/verdicts/verdict.ts';

export type CommonOptions = {
  readonly suites: readonly string[] | undefined;
  readonly checks: readonly string[] | undefined;
  readonly levels: readonly Level[] | undefined;
  readonly gate: readonly Level[];
  readonly out: string | undefined;
  readonly waivers: string | undefined;
  readonly identity: string | undefined;
  /** `USER@HOST[:PORT]` that ssh:// targets are reached through */
  readonly jump: string | undefined;
  readonly rootVia: 'sudo' | 'ssh' | 'none';
  /** a qcow2 file that becomes the machine, the recipe it is provisioned by, and its SHA-256 */
  readonly image: string | undefined;
  readonly recipe: string | undefined;
  readonly sha256: string | undefined;
  readonly lab: 'hermetic' | 'system' | undefined;
  readonly fresh: boolean;
  readonly asIs: boolean;
  readonly keep: boolean;
  /** agreed beforehand to what is not read-only on ssh:// and local */
  readonly yes: boolean;
  readonly json: boolean;
  readonly color: boolean;
};

export type Parsed = {
  readonly options: CommonOptions;
  readonly positionals: readonly string[];
  /** the command's own options besides the common ones */
  readonly values: Readonly<Record<string, unknown>>;
};

const common = {
  suite: { type: 'string' },
  check: { type: 'string' },
  level: { type: 'string' },
  gate: { type: 'string' },
  out: { type: 'string' },
  waivers: { type: 'string' },
  identity: { type: 'string' },
  jump: { type: 'string' },
  'root-via': { type: 'string' },
  image: { type: 'string' },
  recipe: { type: 'string' },
  sha256: { type: 'string' },
  lab: { type: 'string' },
  fresh: { type: 'boolean' },
  'as-is': { type: 'boolean' },
  keep: { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  'no-color': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

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

export type CommonName = Exclude<keyof typeof common, number>;

/** `takes`: those of the common options that mean something to the command (all by default); `own` are its others. */
export function parseCommon(
  words: readonly string[],
  { takes, own = {}, ...form }: Form & { takes?: readonly CommonName[]; own?: ParseArgsOptionsConfig },
): Parsed {
  const known = Object.entries(common).filter(([name]) => takes?.some((taken) => taken === name) ?? true);
  const { values, positionals } = parseWords(words, { ...Object.fromEntries(known), ...own }, form);
  const text = (name: string) => values[name] as string | undefined;
  return {
    positionals,
    values,
    options: {
      suites: listOf(text('suite')),
      checks: listOf(text('check')),
      levels: listOf(text('level'))?.map((level) => oneOf('level', level, levels)),
      gate: gateOf(text('gate')),
      out: text('out'),
      waivers: text('waivers'),
      identity: text('identity'),
      jump: text('jump'),
      rootVia: oneOf('root-via', text('root-via') ?? 'sudo', ['sudo', 'ssh', 'none'] as const),
      image: text('image'),
      recipe: text('recipe'),
      sha256: digestOf(text('sha256')),
      lab: text('lab') === undefined ? undefined : oneOf('lab', text('lab') ?? '', ['hermetic', 'system'] as const),
      fresh: values.fresh === true,
      asIs: values['as-is'] === true,
      keep: values.keep === true,
      yes: values.yes === true,
      json: values.json === true,
      color: wantsColor(values['no-color']),
    },
  };
}

/** Whether to colour what is printed (https://no-color.org, https://force-color.org: an empty variable says nothing). */
export function wantsColor(noColor: unknown): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (noColor === true || NO_COLOR) return false;
  return FORCE_COLOR ? !['0', 'false'].includes(FORCE_COLOR) : isScreen();
}

/** Whether stdout is a terminal that knows more than lines of text. */
export function isScreen(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}

/** `--gate SHOULD` gates MUST and SHOULD; `--gate LIMITATION` gates limitations (and workarounds) as well. */
export function gateOf(value: string | undefined): readonly Level[] {
  const order: readonly (readonly Level[])[] = [['MUST'], ['SHOULD'], ['LIMITATION', 'WORKAROUND']];
  const gate = oneOf('gate', value ?? 'MUST', ['MUST', 'SHOULD', 'LIMITATION'] as const);
  return order.slice(0, order.findIndex((group) => group.includes(gate)) + 1).flat();
}

function digestOf(value: string | undefined): string | undefined {
  if (value === undefined || /^[0-9a-f]{64}$/i.test(value)) return value?.toLowerCase();
  throw new RdcError('USAGE', `--sha256 is ${JSON.stringify(value)}; allowed: 64 hexadecimal digits`, {
    hint: 'sha256sum FILE',
  });
}

function listOf(value: string | undefined): string[] | undefined {
  const items = value?.split(',').map((item) => item.trim());
  return items?.filter((item) => item !== '');
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new RdcError('USAGE', `--${name} is ${JSON.stringify(value)}; allowed: ${allowed.join(', ')}`, {
    hint: './rdc --help',
  });
}
