import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import { checkout } from '../../harness/this-machine/paths.ts';
import { commands } from '../commands/all-commands.ts';
import { parseWords } from '../options/command-line.ts';
import { docFiles } from './doc-files.ts';

// Every command line of the documents is one that rdc accepts. Nothing is run: a command ends once its words are parsed.

/** Throws what rdc says of these words when it refuses them. */
async function accept([name = '', ...words]: readonly string[]): Promise<void> {
  if (['--help', '--version'].includes(name)) return;
  const entry = commands.get(name);
  if (!entry) throw new Error(`unknown command '${name}'`);
  // a command that is only named
  if (words.length === 0 || words.includes('--help')) return;
  const { declared } = (await entry.load()).command;
  parseWords(
    declared,
    words.map((word) => (word === 'HASH' ? '0'.repeat(64) : word)),
  );
}

/** The command lines of a page: those of its code blocks, and those in the text, e.g. `./rdc list`. */
function commandLinesOf(text: string): string[] {
  // code that was cut out of the sources holds texts of rdc, not what somebody types
  const blocks = [...text.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```/gm)].flatMap(([, , language, code = '']) =>
    language === 'ts' ? [] : code,
  );
  const spans = [...text.replace(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  const lines = [...blocks.flatMap((code) => code.replaceAll('\\\n', ' ').split('\n')), ...spans];
  return lines.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s;])\.\/rdc( [^#|>;&\n]*)?/g)].map(([, words = '']) => words.trim()),
  );
}

/** As a shell splits them, without the quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

/** This page prints the forms of commands, e.g. `[TARGET...]`, as rdc prints them itself. */
const pages = docFiles().filter(({ path }) => path !== 'docs/reference/command-line.md');
const named = pages.flatMap(({ path, text }) => commandLinesOf(text).map((line) => [path, line] as const));
// a bare `./rdc` names the program
const distinct = [...new Map(named.map(([path, line]) => [line, path] as const))].filter(([line]) => line !== '');

describe('rdc accepts each command line of the documents', () => {
  it.each(distinct.map(([line, path]) => [path, line] as const))('%s: ./rdc %s', async (_, line) => {
    await accept(wordsOf(line));
    expect(line).not.toMatch(/^\s*$/);
  });
});

it('the documents show each command', () => {
  const shown = new Set(distinct.map(([line]) => wordsOf(line)[0]));
  expect([...commands.keys()].filter((name) => !shown.has(name))).toEqual([]);
});

it('a command line that rdc does not accept is found, in a code block and in the text', async () => {
  const page = 'Try `./rdc lst` and `./rdc list --no-such`:\n\n```sh\n./rdc export --format\n```\n';
  const lines = commandLinesOf(page);
  expect(lines).toEqual(['export --format', 'lst', 'list --no-such']);
  for (const line of lines) await expect(accept(wordsOf(line)), line).rejects.toThrow();
  await accept(wordsOf("bundle --out 'a b'"));
});

it('each script and test that the documents start is there', () => {
  const started = pages.flatMap(({ text }) =>
    [...text.matchAll(/(?:\bnode|vitest run) ((?:[a-z][\w-]*\/)+[\w./-]*)/g)].map(([, path = '']) => path),
  );
  expect(started.length).toBeGreaterThan(5);
  expect(started.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
});
