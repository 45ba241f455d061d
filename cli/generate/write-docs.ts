// Writes the generated pages and sections of the documentation: node cli/generate/write-docs.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { errorCodes } from '../../harness/messages/errors.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { engineChanges } from '../../harness/verdicts/engine-changes.ts';
import { commands, overview } from '../commands/all-commands.ts';
import { helpText } from '../options/command-line.ts';
import { checksPages } from './checks-pages.ts';
import type { DocFile } from './doc-files.ts';
import { hostSystemsTable } from './host-systems-table.ts';
import { fenced, table, withSection } from './markdown.ts';
import { providersPage, readReasons } from './providers-page.ts';
import { readJudged } from './recorded-verdicts.ts';
import { jsonOutputSections, machinesTable, resultsTable } from './schema-tables.ts';
import { supportTable, verdictTable } from './support-table.ts';

/** Each generated file as it has to be. A test compares it with the file on disk. */
export async function generatedFiles(): Promise<DocFile[]> {
  const judged = readJudged();
  const sections: readonly (readonly [path: string, name: string, text: string])[] = [
    ['README.md', 'support', supportTable(judged)],
    ['docs/getting-started.md', 'hosts', hostSystemsTable()],
    ['docs/results.md', 'verdicts', verdictTable(judged)],
    ['docs/guides/engines.md', 'changes', changesTable()],
    ['docs/reference/command-line.md', 'commands', await commandHelp()],
    ['docs/reference/results.md', 'fields', resultsTable()],
    ['docs/reference/json-output.md', 'outputs', jsonOutputSections()],
    ['docs/reference/exit-codes.md', 'error-codes', errorCodeTable()],
    ['docs/reference/configuration.md', 'machines', machinesTable()],
    ['docs/contributing/check.md', 'check', excerpt('suites/limits/limits.spec.ts', checkBlock)],
    ['docs/contributing/distribution.md', 'recipe', excerpt('vms/distributions.json', /^ {2}"kali": \{.*?^ {2}\}/ms)],
    ['docs/contributing/distribution.md', 'machine', excerpt('vms/machines.json', machineBlock)],
    ['docs/contributing/option.md', 'option', excerpt('cli/options/options.ts', /^export const json = .*?;$/ms)],
    ['docs/contributing/option.md', 'command', excerpt('cli/commands/explain.ts', /^const declared = .*?;$/ms)],
    ['docs/contributing/export-format.md', 'formats', excerpt('reports/formats/registry.ts', formatsBlock)],
  ];
  const pages = [...Map.groupBy(sections, ([path]) => path)].map(([path, own]) => ({
    path,
    text: own.reduce((page, [, name, text]) => withSection(page, name, text), read(path)),
  }));
  const checks = await loadChecks();
  const providers = { path: 'docs/reference/providers.md', text: providersPage(checks, judged, readReasons()) };
  return [...checksPages(checks, judged), providers, ...pages];
}

const checkBlock = /^check\('LIM-INOTIFY'.*?^\}\);/ms;
const machineBlock = /^ {4}\{\n {6}"name": "kali".*?^ {4}\}/ms;
const formatsBlock = /^(?:export )?const formats\b.*?^\}[^;]*;/ms;

/** The first part of a source file that matches, for the pages that show how it is extended. */
function excerpt(file: string, pattern: RegExp): string {
  const [code] = pattern.exec(read(file)) ?? [];
  if (code === undefined) throw new Error(`${file}: nothing matches ${pattern}, which the documentation shows`);
  return fenced(file.replace(/.*\./, ''), code);
}

/** What `./rdc --help` and `./rdc COMMAND --help` print. */
async function commandHelp(): Promise<string> {
  const names = [...commands.keys()];
  const parts = [names.map((name) => `[${name}](#${name})`).join(' · '), fenced('text', helpText(overview()))];
  for (const [name, { load }] of commands)
    parts.push(`## ${name}`, fenced('text', helpText((await load()).command.declared)));
  return parts.join('\n\n');
}

/** What checks are keyed to, the newest first. */
function changesTable(): string {
  const rows = [...engineChanges]
    .reverse()
    .map((one) => [`${one.program} ${one.since}`, one.what, 'change' in one ? one.change : '']);
  return table([['since', 'what', 'change'], ...rows], 'left');
}

/** The error codes by the exit code that they end a command with. */
function errorCodeTable(): string {
  const byExitCode = Map.groupBy(Object.entries(errorCodes), ([, exitCode]) => exitCode);
  const linkTo = (code: string) => `[\`${code}\`](../troubleshooting.md#${code.toLowerCase()})`;
  const rows = [...byExitCode].map(([exitCode, same]) => [
    String(exitCode),
    same.map(([code]) => linkTo(code)).join(' '),
  ]);
  return table([['exit code', 'error codes'], ...rows], 'left');
}

function read(path: string): string {
  return readFileSync(join(checkout, path), 'utf8');
}

if (import.meta.main) for (const { path, text } of await generatedFiles()) writeFileSync(join(checkout, path), text);
