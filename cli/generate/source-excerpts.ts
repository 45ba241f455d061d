import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';

/** A check as it stands in its spec file, for docs/contributing/check.md. */
export function checkExcerpt(): string {
  const file = 'suites/sockets/sockets.spec.ts';
  const found = blocksOf(file, /^check\([\s\S]*?^\}\);/gm).find((block) => block.includes("'SOCK-MODE'"));
  return fenced('ts', found, file);
}

/** The entry of a distribution, for docs/contributing/distribution.md. */
export function recipeExcerpt(): string {
  const file = 'vms/distributions.json';
  return fenced('json', blocksOf(file, /^ {2}"fedora": \{[\s\S]*?^ {2}\}/gm)[0], file);
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
