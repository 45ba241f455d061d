import { checkedJson } from '../../harness/this-machine/checked-json.ts';
import { type Waiver, waiversSchema } from './waivers.schema.ts';

/** Throws INPUT with every problem at once; an unknown check is one, since its waiver waives nothing. */
export function readWaivers(file: string, checkIds: readonly string[]): readonly Waiver[] {
  const waivers = checkedJson<Waiver[]>({
    what: 'a waivers file',
    code: 'INPUT',
    schema: waiversSchema,
    formats: { date: isDate, uri: (text: string) => URL.canParse(text), regex: isRegExp },
    maxBytes: 4 * 1024 * 1024,
    hint: 'the format is in reports/waivers.schema.json; an example is in docs/guides/waivers.md',
    findProblems: (document) => unknownChecks(document, checkIds),
  });
  return waivers.read(file);
}

function unknownChecks(waivers: readonly Waiver[], checkIds: readonly string[]): string[] {
  return waivers.flatMap(({ check }, index) =>
    checkIds.includes(check) ? [] : [`/${index}/check: there is no check ${check} (./rdc list)`],
  );
}

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
