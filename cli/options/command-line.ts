import {
  Command,
  CommanderError,
  type CommandUnknownOpts,
  Help,
  type Option,
  type OptionValues,
} from '@commander-js/extra-typings';
import type { RdcError } from '../../harness/messages/errors.ts';
import { didYouMean } from '../../harness/messages/nearest-name.ts';
import { usageError } from './values.ts';

/** What each file of cli/commands exports: `run` takes the words after the command's name and resolves to the exit code. */
export type RdcCommand = {
  readonly declared: CommandUnknownOpts;
  readonly run: (words: readonly string[]) => Promise<number>;
};

/** Below the options of a help text: command lines without `./rdc`, and paragraphs. */
type After = { readonly examples?: readonly string[]; readonly notes?: readonly string[] };

/** At most 80 columns; on a smaller terminal its own, but no less than what options and their texts need. */
const width = Math.min(80, Math.max(40, process.stdout.columns || 80));

/** The declaration of `./rdc NAME`, to which arguments and options are added. */
export function declare(name: string, about: string, { examples = [], notes = [] }: After = {}) {
  const help = new Help();
  const paragraphs = notes.map((note) => help.boxWrap(note, width));
  const lines = examples.length > 0 ? [['Examples:', ...examples.map((line) => `  ./rdc ${line}`)].join('\n')] : [];
  return new Command(`./rdc ${name}`.trim())
    .description(about)
    .exitOverride()
    .configureHelp({ helpWidth: width })
    .configureOutput({ outputError() {} })
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', [...lines, ...paragraphs].map((part) => `\n${part}`).join('\n'));
}

export function defineCommand<Args extends unknown[], Options extends OptionValues>(
  declared: Command<Args, Options>,
  action: (args: Args, options: Options) => Promise<number>,
): RdcCommand {
  return {
    declared,
    async run(words) {
      const { args, options } = parseWords(declared, words);
      return await action(args, options);
    },
  };
}

/** What `--help` prints. */
export function helpText(command: CommandUnknownOpts): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) }).outputHelp();
  return parts.join('');
}

/** The words of a command line as the command declares them. Throws USAGE for all else: nothing is ignored. */
export function parseWords<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
  words: readonly string[],
): { args: Args; options: Options } {
  try {
    refuseWrongValues(command, words);
    command.parse(words, { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? plainError(command, error) : error;
  }
  return { args: command.processedArgs, options: command.opts() };
}

/** Asked before anything is parsed: `--help` helps wherever it stands, but after `--` it is somebody else's. */
export function asksForHelp(words: readonly string[]): boolean {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  return own.includes('--help') || own.includes('-h');
}

/** commander takes any word as a value: `--out "$DIR"` without a DIR would be the current folder, `--out --json` a folder. */
function refuseWrongValues({ options }: Pick<CommandUnknownOpts, 'options'>, words: readonly string[]): void {
  for (const [index, word] of words.entries()) {
    if (word === '--') return;
    const [name = '', inline] = word.split(/=(.*)/s);
    const option = options.find(({ long }) => long === name);
    const problem = option && problemOf(option, inline, words[index + 1]);
    if (problem !== undefined) throw new CommanderError(2, 'rdc.value', `${name} ${problem}`);
  }
}

function problemOf({ required, optional, long }: Option, inline?: string, next?: string): string | undefined {
  if (inline !== undefined && !required && !optional) return 'takes no value';
  if ((inline ?? (required ? next : undefined)) === '') return 'is empty';
  if (inline !== undefined || !required || !/^-./s.test(next ?? '')) return undefined;
  return `has no value; one that begins with a dash: ${long}=${next}`;
}

function plainError(command: CommandUnknownOpts, { code, message }: CommanderError): RdcError {
  const said = code === 'commander.excessArguments' ? excessText(command) : plainWords(message);
  return usageError(said, `${command.name()} --help`);
}

function excessText(command: CommandUnknownOpts): string {
  const count = command.registeredArguments.length;
  const takes = ['no arguments', 'one argument'][count] ?? `${count} arguments`;
  return `${command.name().replace('./', '')} takes ${takes} (got: ${command.args.join(' ')})`;
}

/** commander's messages in the form of ours: `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function plainWords(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(
      /\n\(Did you mean (?:one of )?(.*)\?\)$/,
      (_, names: string) => `; did you mean ${names.replaceAll(/[^, ]+/g, "'$&'")}?`,
    )
    .replace(
      /^option '(--[\w-]+)[^']*' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s,
      (_, name: string, value: string, allowed: string) =>
        `${name} is ${JSON.stringify(value)}; allowed: ${allowed}${didYouMean(value, allowed.split(', '))}`,
    )
    .replace(/^option '(--[\w-]+) .*' argument missing$/, '$1 has no value');
}
