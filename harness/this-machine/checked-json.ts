import { Ajv, type AnySchema, type ErrorObject, type Format, type ValidateFunction } from 'ajv';
import { messageOf, systemErrorText } from '../messages/error-text.ts';
import { type ErrorCode, RdcError } from '../messages/errors.ts';
import { plainLine } from '../messages/plain-text.ts';
import { readRegularFile } from './read-file.ts';

/** A kind of JSON file that somebody wrote: what it has to be, and what is said when it is not. */
type JsonKind<T> = {
  /** for the message: `a waivers file` */
  readonly what: string;
  readonly code: ErrorCode;
  /** where the format is described */
  readonly hint: string;
  readonly schema: AnySchema;
  readonly formats?: Readonly<Record<string, Format>>;
  readonly maxBytes: number;
  readonly reviver?: (key: string, value: unknown) => unknown;
  /** before it is validated: what a newer version added is taken out of it */
  readonly prepare?: (value: unknown, file: string) => void;
  /** what no schema can say: each problem with its path */
  readonly findProblems?: (value: T) => readonly string[];
};

const maxProblems = 20;
const strictness = { allErrors: true, verbose: true, strict: true, strictRequired: false, allowUnionTypes: true };

/** Readers of one kind of file. They throw its code with every problem at once, each with its path and what is allowed. */
export function checkedJson<T>(kind: JsonKind<T>) {
  const { what, code, schema, formats = {}, hint } = kind;
  let compiled: ValidateFunction<T> | undefined;
  const problemsOf = (value: unknown): readonly string[] => {
    compiled ??= new Ajv({ ...strictness, formats }).compile<T>(schema);
    return compiled(value) ? (kind.findProblems?.(value) ?? []) : describeProblems(compiled.errors ?? []);
  };
  /** `file` is the name of the text in messages */
  const parse = (file: string, text: string): T => {
    let value: unknown;
    try {
      value = JSON.parse(text, kind.reviver);
    } catch (cause) {
      throw new RdcError(code, `${file}: not JSON: ${plainLine(messageOf(cause), 200)}`, { cause, hint });
    }
    kind.prepare?.(value, file);
    const problems = [...new Set(problemsOf(value))].map((problem) => `\n  ${plainLine(problem, 600)}`);
    if (problems.length === 0) return value as T;
    const more = problems.length > maxProblems ? `\n  and ${problems.length - maxProblems} more` : '';
    throw new RdcError(code, `${file}: not ${what}:${problems.slice(0, maxProblems).join('')}${more}`, { hint });
  };
  const read = (file: string): T => {
    let content: Buffer;
    try {
      content = readRegularFile(file, kind.maxBytes);
    } catch (cause) {
      throw unreadable(file, cause, code);
    }
    return parse(file, content.toString('utf8'));
  };
  return { parse, read };
}

/** What somebody named and cannot be read. */
export function unreadable(path: string, cause: unknown, code: ErrorCode = 'INPUT'): RdcError {
  return new RdcError(code, `${path} cannot be read: ${systemErrorText(cause)}`, { cause, hint: `ls -ld ${path}` });
}

function describeProblems(errors: readonly ErrorObject[]): string[] {
  // of a file in another version of its format, nothing else can be said
  const version = errors.find((one) => one.instancePath === '/schema' && ['const', 'pattern'].includes(one.keyword));
  if (typeof version?.data === 'string')
    return [`/schema: expected ${version.parentSchema?.description ?? version.message}, got ${quote(version.data)}`];
  // why each alternative of a oneOf does not fit says less than what the alternatives are
  return errors
    .filter(({ schemaPath }) => !schemaPath.includes('/oneOf/'))
    .map((error) => `${error.instancePath || '/'}: ${expectationOf(error)}`);
}

function expectationOf({ keyword, params, data, parentSchema, message = 'not valid' }: ErrorObject): string {
  const got = `got ${quote(data)}`;
  switch (keyword) {
    case 'required':
      return `${quote(params.missingProperty)} is missing`;
    case 'additionalProperties':
      return `unknown property ${quote(params.additionalProperty)}; allowed: ${Object.keys(parentSchema?.properties ?? {}).join(', ')}`;
    case 'enum':
      return `expected one of ${params.allowedValues.join(', ')}, ${got}`;
    case 'const':
      return `expected ${quote(params.allowedValue)}, ${got}`;
    case 'oneOf':
      return `expected ${parentSchema?.description ?? message}, ${got}`;
    default:
      return `${message}, ${got}`;
  }
}

function quote(value: unknown): string {
  return plainLine(JSON.stringify(value)?.slice(0, 200) ?? typeof value, 80);
}
