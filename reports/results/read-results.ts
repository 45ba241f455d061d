import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainText } from '../../harness/messages/plain-text.ts';
import { checkedJson, unreadable } from '../../harness/this-machine/checked-json.ts';
import { ruleConformance } from './conformance.ts';
import { countVerdicts } from './counts.ts';
import { type Results, resultsSchema, resultsVersion } from './results.schema.ts';
import { resultsFileName } from './run-folder.ts';
import { dropUnknownFields, tellIgnored } from './unknown-fields.ts';

const resultsJson = checkedJson<Results>({
  what: 'a results file of schema 1',
  code: 'INPUT',
  schema: resultsSchema,
  maxBytes: 32 * 1024 * 1024,
  hint: 'the format is in reports/results.schema.json; a file that was cut off is copied again from the run folder',
  // somebody else's results: whatever they become, a table, a page or a file, no text of theirs controls it
  reviver: (_key, value) => (typeof value === 'string' ? plainText(value, value.length) : value),
  prepare: dropFieldsOfNewer,
  findProblems: findContradictions,
});

/** A newer minor version may have fields that this one does not know: they are left out, and told. */
function dropFieldsOfNewer(document: unknown, file: string): void {
  const { schema: its } = (document ?? {}) as { schema?: unknown };
  if (typeof its !== 'string' || !new RegExp(resultsSchema.properties.schema.pattern).test(its)) return;
  tellIgnored(file, dropUnknownFields(document, resultsSchema), { its, ours: resultsVersion });
}

/** Results of one target, from a results file, a target's folder, or a run folder with a single target. */
export function readResults(fileOrRunFolder: string): Results {
  const files = findResultsFiles(fileOrRunFolder);
  const [file] = files;
  if (file === undefined || files.length > 1) {
    const names = files.map((path) => basename(dirname(path))).join(', ');
    throw new RdcError(
      'INPUT',
      `${fileOrRunFolder}: expected the results of one target, found ${files.length}: ${names}`,
      {
        hint: `name one of them, such as ${file}`,
      },
    );
  }
  return readResultsFile(file);
}

/** Results of every target of a run, in the order of their names. */
export function readRun(fileOrRunFolder: string): { readonly folder: string; readonly results: Results }[] {
  return findResultsFiles(fileOrRunFolder).map((file) => ({ folder: dirname(file), results: readResultsFile(file) }));
}

export function findResultsFiles(fileOrRunFolder: string): string[] {
  try {
    return lookForResults(fileOrRunFolder);
  } catch (cause) {
    throw cause instanceof RdcError ? cause : unreadable(fileOrRunFolder, cause);
  }
}

function lookForResults(fileOrRunFolder: string): string[] {
  const path = resolve(fileOrRunFolder);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw notFound(fileOrRunFolder, 'no such file or folder');
  if (!stats.isDirectory()) return [path];
  const isFile = (file: string) => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  const own = join(path, resultsFileName);
  if (isFile(own)) return [own];
  const ofTargets = readdirSync(path)
    .sort()
    .map((name) => join(path, name, resultsFileName))
    .filter(isFile);
  if (ofTargets.length === 0) throw notFound(fileOrRunFolder, `no ${resultsFileName} in it or in a folder below it`);
  return ofTargets;
}

function notFound(path: string, why: string): RdcError {
  return new RdcError('INPUT', `${path}: ${why}`, { hint: 'ls reports/out' });
}

/** Results of one target, validated; throws INPUT with every problem at once. */
export function readResultsFile(file: string): Results {
  return resultsJson.read(file);
}

/** The same of a text; `file` is its name in messages. */
export function parseResults(file: string, text: string): Results {
  return resultsJson.parse(file, text);
}

/** A file may be well-formed and still claim more than its own checks say; that is refused, whoever wrote it. */
function findContradictions(results: Results): string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const [index, { id }] of results.checks.entries()) {
    if (ids.has(id)) problems.push(`/checks/${index}/id: ${id} appears twice`);
    ids.add(id);
  }
  const counted = countVerdicts(results.checks);
  for (const [name, number] of Object.entries(counted)) {
    const claimed = results.ledger[name as keyof typeof counted];
    if (claimed !== number) problems.push(`/ledger/${name}: expected ${number} (counted in /checks), got ${claimed}`);
  }
  const { conformance } = ruleConformance(results, results.run.gate);
  if (conformance !== results.conformance) {
    problems.push(`/conformance: expected ${conformance} (by the checks), got ${results.conformance}`);
  }
  return problems;
}
