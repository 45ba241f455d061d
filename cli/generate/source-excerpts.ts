import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';

/** A check as it stands in its spec file, for docs/contributing/check.md. */
export function checkExcerpt(): string {
  const file = 'suites/limits/limits.spec.ts';
  const found = blocksOf(file, /^check\([\s\S]*?^\}\);/gm).find((block) => block.includes("'LIM-INOTIFY'"));
  return fenced('ts', found, file);
}

/** The entry of a distribution, for docs/contributing/distribution.md. */
export function recipeExcerpt(): string {
  const file = 'vms/distributions.json';
  return fenced('json', blocksOf(file, /^ {2}"kali": \{[\s\S]*?^ {2}\}/gm)[0], file);
}

/** The entry of its machine, for the same page. */
export function machineExcerpt(): string {
  const file = 'vms/machines.json';
  const found = blocksOf(file, /^ {4}\{[\s\S]*?^ {4}\}/gm).find((block) => block.includes('"name": "kali"'));
  return fenced('json', found, file);
}

/** An option, and a command that takes it, for docs/contributing/option.md. */
export function optionExcerpt(): string {
  const [options, command] = ['cli/options/options.ts', 'cli/commands/explain.ts'];
  const parts = [
    ...blocksOf(options, /^export const json = [\s\S]*?;$/gm),
    ...blocksOf(command, /^const command = [\s\S]*?;$/gm),
  ];
  return fenced('ts', parts.length === 2 ? parts.join('\n\n') : undefined, `${options} or ${command}`);
}

/** The list of formats, for docs/contributing/export-format.md. */
export function formatsExcerpt(): string {
  const file = 'reports/formats/registry.ts';
  return fenced('ts', blocksOf(file, /^(?:export )?const formats\b[\s\S]*?^\}[^;]*;/gm)[0], file);
}

function blocksOf(file: string, pattern: RegExp): string[] {
  return [...read(file).matchAll(pattern)].map(([block]) => block);
}

function read(file: string): string {
  return readFileSync(join(checkout, file), 'utf8');
}

function fenced(language: string, code: string | undefined, file: string): string {
  if (code === undefined) throw new Error(`${file}: the block for the documentation was not found`);
  return `\`\`\`${language}\n${code}\n\`\`\``;
}
