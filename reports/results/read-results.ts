import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { systemErrorText } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import { ruleConformance } from './conformance.ts';
import { countVerdicts } from './counts.ts';
import { type Results, resultsSchema, resultsVersion } from './results.schema.ts';
import { resultsFileName } from './run-folder.ts';
import { dropUnknownFields, tellIgnored } from './unknown-fields.ts';

const maxBytes = 32 * 1024 * 1024;
const maxProblems = 10;

const isResults = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true }).compile<Results>(
  resultsSchema,
);

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

/** Results of one target, validated; throws INPUT. */
export function readResultsFile(file: string): Results {
  return parseResults(file, readBounded(file));
}

/** The text of a results file; `file` is its name in messages. Throws INPUT with every problem at once. */
export function parseResults(file: string, text: string): Results {
  const document = parseJson(file, text);
  refuseOtherVersion(file, document);
  const ignored = dropUnknownFields(document, resultsSchema);
  if (!isResults(document)) throw invalid(file, (isResults.errors ?? []).map(describeProblem));
  const contradictions = findContradictions(document);
  if (contradictions.length > 0) throw invalid(file, contradictions);
  tellIgnored(file, ignored, { its: document.schema, ours: resultsVersion });
  return document;
}

function readBounded(file: string): string {
  try {
    return readRegularFile(file, maxBytes).toString('utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** What somebody named and cannot be read. */
export function unreadable(path: string, cause: unknown): RdcError {
  return new RdcError('INPUT', `${path} cannot be read: ${systemErrorText(cause)}`, { cause, hint: `ls -ld ${path}` });
}

function parseJson(file: string, text: string): unknown {
  try {
    // somebody else's results: whatever they become, a table, a page or a file, no text of theirs controls it
    return JSON.parse(text, (_key, value: unknown) =>
      typeof value === 'string' ? plainText(value, value.length) : value,
    );
  } catch (cause) {
    const why = plainLine(cause instanceof Error ? cause.message : String(cause), 200);
    const hint = 'it may be cut off, or no results.json of rdc: copy it again from the run folder';
    throw new RdcError('INPUT', `${file}: not JSON: ${why}`, { cause, hint });
  }
}

function refuseOtherVersion(file: string, document: unknown): void {
  const version =
    typeof document === 'object' && document !== null && 'schema' in document ? document.schema : undefined;
  if (typeof version === 'string' && !new RegExp(resultsSchema.properties.schema.pattern).test(version))
    throw invalid(file, [`/schema: expected 1 or 1.N, got ${quote(version)}`]);
}

function invalid(file: string, problems: readonly string[]): RdcError {
  const shown = problems.slice(0, maxProblems).map((problem) => `\n  ${problem}`);
  const more = problems.length > maxProblems ? `\n  and ${problems.length - maxProblems} more` : '';
  return new RdcError('INPUT', `${file}: not a results file of schema 1:${shown.join('')}${more}`, {
    hint: 'the format is in reports/results.schema.json',
  });
}

function describeProblem({ keyword, params, instancePath, data, message = 'not valid' }: ErrorObject): string {
  const where = `${instancePath || '/'}: `;
  if (keyword === 'required') return where + message;
  const expected = keyword === 'enum' ? `expected one of ${params.allowedValues.join(', ')}` : message;
  return `${where}${expected}, got ${quote(data)}`;
}

function quote(value: unknown): string {
  return plainLine(JSON.stringify(value)?.slice(0, 200) ?? typeof value, 80);
}

/** A file may be well-formed and still claim more than its own checks say; that is refused, whoever wrote it. */
function findContradictions(results: Results): string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const [index, { id }] of results.checks.entries()) {
    if (ids.has(id)) problems.push(`/checks/${index}/id: ${id} is there twice`);
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
