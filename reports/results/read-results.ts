import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import { checkedJson, unreadable } from '../../harness/this-machine/checked-json.ts';
import { countVerdicts, ruleConformance } from './conformance.ts';
import { type Results, resultsSchema, resultsVersion } from './results.schema.ts';
import { resultsFileName } from './run-folder.ts';
import { dropNewerFields } from './unknown-fields.ts';

/** Of a file, or of a text with the name of its file. They throw INPUT with every problem at once. */
export const { read: readResultsFile, parse: parseResults } = checkedJson<Results>({
  what: 'a results file of schema 1',
  code: 'INPUT',
  schema: resultsSchema,
  maxBytes: 32 * 1024 * 1024,
  hint: 'the format is in reports/results.schema.json; a file that was cut off is copied again from the run folder',
  // the file may be somebody else's: none of its texts may control a terminal or a page
  reviver: (_key, value) => (typeof value === 'string' ? plainText(value, value.length) : value),
  prepare: (document, file) =>
    dropNewerFields(document, file, { schema: resultsSchema, field: 'schema', ours: resultsVersion }),
  findProblems: findContradictions,
});

export function readResults(fileOrRunFolder: string): Results {
  const files = findResultsFiles(fileOrRunFolder);
  const [file] = files;
  if (file !== undefined && files.length === 1) return readResultsFile(file);
  const names = files.map((path) => basename(dirname(path))).join(', ');
  throw new RdcError(
    'INPUT',
    `${fileOrRunFolder}: expected the results of one target, found ${files.length}: ${names}`,
    {
      hint: `name one of them, such as ${file}`,
    },
  );
}

export function readRun(fileOrRunFolder: string): { readonly folder: string; readonly results: Results }[] {
  return findResultsFiles(fileOrRunFolder).map((file) => ({ folder: dirname(file), results: readResultsFile(file) }));
}

export function findResultsFiles(fileOrRunFolder: string): string[] {
  let files: string[] | undefined;
  try {
    files = resultsFilesAt(resolve(fileOrRunFolder));
  } catch (cause) {
    throw unreadable(fileOrRunFolder, cause);
  }
  if (files !== undefined && files.length > 0) return files;
  const why = files ? `no ${resultsFileName} in it or in a folder below it` : 'no such file or folder';
  throw new RdcError('INPUT', `${fileOrRunFolder}: ${why}`, { hint: 'ls reports/out' });
}

function resultsFilesAt(path: string): string[] | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats && [path];
  const isFile = (file: string) => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  const own = join(path, resultsFileName);
  if (isFile(own)) return [own];
  const names = readdirSync(path).sort();
  return names.map((name) => join(path, name, resultsFileName)).filter(isFile);
}

/** A file may be well-formed and still claim more than its own checks say. */
function findContradictions({ checks, ledger, run, conformance, ...rest }: Results): string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const [index, { id }] of checks.entries()) {
    if (ids.has(id)) problems.push(`/checks/${index}/id: ${id} appears twice`);
    ids.add(id);
  }
  for (const [name, number] of Object.entries(countVerdicts(checks))) {
    const claimed = ledger[name as keyof typeof ledger];
    if (claimed !== number) problems.push(`/ledger/${name}: expected ${number} (counted in /checks), got ${claimed}`);
  }
  const ruling = ruleConformance({ checks, ...rest }, run.gate).conformance;
  if (ruling !== conformance) problems.push(`/conformance: expected ${ruling} (by the checks), got ${conformance}`);
  return problems;
}
