import type { ParseArgsOptionsConfig } from 'node:util';
import { type Level, levels } from '../../harness/verdicts/verdict.ts';
import { type Form, parseWords } from './command-line.ts';
import { digestOf, gateOf, listOf, oneOf } from './values.ts';

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
