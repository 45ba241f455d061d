// Writes every generated page, and the generated sections of the other pages: node cli/generate/write-docs.ts
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { checksPages } from './checks-pages.ts';
import { commandLinePage } from './command-line-page.ts';
import type { DocFile } from './doc-files.ts';
import { errorCodeTable } from './error-code-table.ts';
import { hostSystemsTable } from './host-systems-table.ts';
import { machineFieldsTable } from './machine-fields-table.ts';
import { withSection } from './page-section.ts';
import { readJudged } from './recorded-verdicts.ts';
import { resultsPage } from './results-page.ts';
import { checkExcerpt, formatsExcerpt, machineExcerpt, optionExcerpt, recipeExcerpt } from './source-excerpts.ts';
import { supportTable, verdictTable } from './support-table.ts';

/** Each generated file as it has to be. A test compares it with the file on disk. */
export async function generatedFiles(): Promise<DocFile[]> {
  const judged = readJudged();
  return [
    { path: 'docs/reference/command-line.md', text: commandLinePage() },
    { path: 'docs/reference/results.md', text: resultsPage() },
    ...checksPages(await loadChecks(), judged),
    section('README.md', 'support', supportTable(judged)),
    section('docs/getting-started.md', 'hosts', hostSystemsTable()),
    section('docs/results.md', 'verdicts', verdictTable(judged)),
    section('docs/contributing/check.md', 'check', checkExcerpt()),
    sections('docs/contributing/distribution.md', { recipe: recipeExcerpt(), machine: machineExcerpt() }),
    section('docs/contributing/option.md', 'option', optionExcerpt()),
    section('docs/contributing/export-format.md', 'formats', formatsExcerpt()),
    section('docs/reference/exit-codes.md', 'error-codes', errorCodeTable()),
    section('docs/reference/configuration.md', 'machines', machineFieldsTable()),
  ];
}

function section(path: string, name: string, text: string): DocFile {
  return sections(path, { [name]: text });
}

function sections(path: string, texts: Readonly<Record<string, string>>): DocFile {
  const before = readFileSync(join(checkout, path), 'utf8');
  return { path, text: Object.entries(texts).reduce((page, [name, text]) => withSection(page, name, text), before) };
}

if (import.meta.main) {
  for (const { path, text } of await generatedFiles()) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text);
  }
}
