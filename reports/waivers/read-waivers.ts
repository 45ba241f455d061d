import { Ajv, type ErrorObject } from 'ajv';
import { systemErrorText } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import { type Waiver, waiversSchema } from './waivers.schema.ts';

const maxBytes = 4 * 1024 * 1024;
const hint = 'the format is in reports/waivers.schema.json; an example is in docs/guides/waivers.md';

const isWaivers = new Ajv({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  formats: { date: isDate, uri: (text) => URL.canParse(text), regex: isRegExp },
}).compile<Waiver[]>(waiversSchema);

/** A waivers file. Throws INPUT with every problem at once; an id that no check has is one, since such a waiver waives nothing. */
export function readWaivers(file: string, checkIds: readonly string[]): readonly Waiver[] {
  const document = parse(file);
  if (!isWaivers(document)) throw invalid(file, (isWaivers.errors ?? []).map(describe));
  const unknown = document
    .map(({ check }, index) => ({ check, index }))
    .filter(({ check }) => !checkIds.includes(check))
    .map(({ check, index }) => `/${index}/check: there is no check ${check} (./rdc list)`);
  if (unknown.length > 0) throw invalid(file, unknown);
  return document;
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readRegularFile(file, maxBytes).toString('utf8');
  } catch (cause) {
    throw new RdcError('INPUT', `${file} cannot be read: ${systemErrorText(cause)}`, { cause, hint });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RdcError('INPUT', `${file}: not JSON: ${plainLine(String(cause), 200)}`, { cause, hint });
  }
}

function invalid(file: string, problems: readonly string[]): RdcError {
  const shown = [...new Set(problems)].slice(0, 20).map((problem) => `\n  ${plainLine(problem, 300)}`);
  return new RdcError('INPUT', `${file}: not a waivers file:${shown.join('')}`, { hint });
}

function describe({ instancePath, keyword, params, message = 'not valid' }: ErrorObject): string {
  const what =
    keyword === 'additionalProperties' ? `unknown property ${JSON.stringify(params.additionalProperty)}` : message;
  return `${instancePath || '/'}: ${what}`;
}

/** A day that the calendar has: 2026-02-30 is none. */
function isDate(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
