import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { basename, isAbsolute, join, relative } from 'node:path';
import { Command, CommanderError, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings';
import { table, withSection } from '../../cli/generate/markdown.ts';
import { RdcError, renderError } from '../../harness/messages/errors.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

/** The command line of `node bench/PATH`, to which a script adds its arguments, options and action. */
export function benchmark(path: string, about: string) {
  return new Command(`node bench/${path}`)
    .description(about)
    .exitOverride()
    .option('--write', 'write the result into its section of docs/benchmarks.md, instead of printing it', false);
}

/** Does what the action of a script does; an error is shown as rdc shows it. */
export async function start(script: CommandUnknownOpts): Promise<void> {
  try {
    await script.parseAsync();
  } catch (error) {
    // commander has printed it, or the help
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      process.stderr.write(`${renderError(error)}\n`);
      process.exitCode = error instanceof RdcError ? error.exitCode : 3;
    }
  }
}

/** An option's value: a whole number between these. */
export const whole = (least: number, most: number) => (word: string) => {
  const value = Number(word);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`Allowed: whole numbers from ${least} to ${most}.`);
};

export type Section = {
  /** of the section's markers on the page */
  readonly name: string;
  readonly heading: string;
  /** a paragraph above the tables */
  readonly about?: string;
  /** rows, the first one the head */
  readonly tables: readonly (readonly (readonly string[])[])[];
  readonly after?: readonly string[];
};

/** With RDC_PROVIDER=nspawn the machines of a benchmark are containers, whose figures have sections of their own. */
export const inContainers = process.env.RDC_PROVIDER === 'nspawn';

/** Shows what was measured, or puts it on docs/benchmarks.md in place of the section with this name. */
export function publish({ name, heading, about, tables, after = [] }: Section, isWritten: boolean): void {
  const [section, title] = inContainers ? [`${name}-container`, `${heading}, as a container`] : [name, heading];
  const parts = [title, about ?? '', ...tables.map((rows) => table(rows)), after.join('\n'), circumstances()];
  const text = parts.filter((part) => part !== '').join('\n\n');
  const page = join(checkout, 'docs/benchmarks.md');
  if (isWritten) writeFileAtomic(page, withSection(readFileSync(page, 'utf8'), section, text));
  else process.stdout.write(`${text}\n`);
}

/** Where and when, and the command that measures it again: what a figure is worth depends on it. */
function circumstances(): string {
  const [script = '', ...words] = process.argv.slice(1);
  const made = [relative(checkout, script), ...words.map((word) => (isAbsolute(word) ? basename(word) : word))];
  const model = cpus()[0]?.model.trim() || 'CPU of unknown model';
  const load = loadavg()[0]?.toFixed(1);
  return `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version}, ${availableParallelism()} cores (${model}), load average ${load} at the end. Made by \`${inContainers ? 'RDC_PROVIDER=nspawn ' : ''}node ${made.join(' ')}\`.`;
}

/** Gone when the block is left that holds it by `using`. */
export function temporaryFolder() {
  return mkdtempDisposableSync(join(tmpdir(), 'rdc-bench-'));
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
