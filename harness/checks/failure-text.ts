import { expect } from 'vitest';
import { plainLine } from '../messages/plain-text.ts';

/** A matcher that did not hold: `expect(found).not.toContain(wanted)`. */
type Unmet = {
  readonly matcher: string;
  readonly isNot: boolean;
  readonly found: unknown;
  readonly wanted: unknown;
};

const maxChars = 400;
const maxEntries = 30;
const maxDepth = 4;
/** Every entry is compared with every other one. */
const maxComparisons = 250_000;

/**
 * What was expected and what was found: `expected 1660, found 666`; of lists what is missing and what is unexpected.
 * A matcher without a text here keeps vitest's `message`.
 */
export function failureText(unmet: Unmet, message: string): string {
  return plainLine(textOf(unmet) ?? message.replace(/ \/\/ Object\.is equality$/, ''), 1_500);
}

const bounds: Readonly<Record<string, string>> = {
  toBeGreaterThan: 'more than',
  toBeGreaterThanOrEqual: 'at least',
  toBeLessThan: 'less than',
  toBeLessThanOrEqual: 'at most',
};

function textOf({ matcher, isNot, found, wanted }: Unmet): string | undefined {
  const [seen, meant] = [valueText(found), valueText(wanted)];
  const isList = Array.isArray(found);
  switch (isNot ? `not.${matcher}` : matcher) {
    case 'toBe':
    case 'toEqual':
    case 'toMatchObject':
      return difference(found, wanted, matcher === 'toMatchObject');
    case 'not.toBe':
    case 'not.toEqual':
      return `expected anything but ${meant}`;
    case 'toBeNull':
    case 'toBeUndefined':
      return `unexpected ${found === null || found === undefined ? exactText(found) : seen}`;
    case 'not.toBeNull':
    case 'not.toBeUndefined':
      return 'expected a value, found none';
    case 'toContain':
      return `${isList ? 'missing:' : 'expected to contain'} ${meant}; found ${seen}`;
    case 'not.toContain':
      return `${isList ? 'unexpected:' : 'expected not to contain'} ${meant}; found ${seen}`;
    case 'toMatch':
      return `expected to match ${meant}; found ${seen}`;
    case 'not.toMatch':
      return `expected not to match ${meant}; found ${seen}`;
    case 'not.toBeTypeOf':
      return `unexpected ${seen}`;
    case 'toHaveLength':
      return isList ? `expected ${meant} entries, found ${found.length}: ${seen}` : undefined;
    default:
      return isNot || !(matcher in bounds) ? undefined : `expected ${bounds[matcher]} ${meant}, found ${seen}`;
  }
}

/** Undefined where there is none; of objects the fields that differ. */
function difference(found: unknown, wanted: unknown, isPart: boolean): string | undefined {
  const sample = sampleOf(wanted);
  if (Array.isArray(found) && Array.isArray(wanted)) return listDifference(found, wanted, false);
  if (Array.isArray(found) && Array.isArray(sample)) return listDifference(found, sample, true);
  if (isRecord(found) && isRecord(wanted)) return fieldDifferences(found, wanted, isPart);
  if (isSame(found, wanted)) return undefined;
  const text = valueText(found) === valueText(wanted) ? exactText : valueText;
  return `expected ${text(wanted)}, found ${text(found)}`;
}

function listDifference(found: readonly unknown[], wanted: readonly unknown[], isPart: boolean): string | undefined {
  if (found.length * wanted.length > maxComparisons) return undefined;
  const extra = [...found];
  const missing = wanted.filter((entry) => {
    const index = extra.findIndex((other) => isSame(other, entry));
    if (index >= 0) extra.splice(index, 1);
    return index < 0;
  });
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`missing: ${valueText(missing)}`);
  if (extra.length > 0 && !isPart) parts.push(`unexpected: ${valueText(extra)}`);
  if (parts.length > 0) return parts.join('; ');
  if (isPart || isSame(found, wanted)) return undefined;
  return `expected in the order ${valueText(wanted)}; found ${valueText(found)}`;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldDifferences(found: Fields, wanted: Fields, isPart: boolean): string | undefined {
  const names = new Set([...Object.keys(wanted), ...(isPart ? [] : Object.keys(found))]);
  const parts = [...names].flatMap((name) => {
    const text = difference(found[name], wanted[name], isPart);
    return text === undefined ? [] : [`${name} ${text}`];
  });
  return parts.join('; ') || undefined;
}

/** A value in a sentence: strings have quotes only where they are unclear without, and of a list the entries are named. */
function valueText(value: unknown): string {
  return plainLine(Array.isArray(value) ? listText(value) : clearText(value), maxChars);
}

/** As in code: two values look the same only if they are, `1` and `"1"`. */
function exactText(value: unknown): string {
  return plainLine(rendered(value, JSON.stringify), maxChars);
}

/** As `toEqual` has it. */
function isSame(found: unknown, wanted: unknown): boolean {
  return expect.arrayContaining([wanted]).asymmetricMatch([found]);
}

/** What `expect.arrayContaining` and its like were made of; undefined of any other value. */
function sampleOf(value: unknown): unknown {
  return isMatcher(value) ? value.sample : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]' && !isMatcher(value);
}

type Quote = (text: string) => string;

const clearQuote: Quote = (text) => (/^(none)?$|^[\s"']|\s$/.test(text) ? JSON.stringify(text) : text);

const clearText = (value: unknown) => (value === null || value === undefined ? 'none' : rendered(value, clearQuote));

function listText(list: readonly unknown[]): string {
  if (list.length === 0) return 'none';
  const more = list.length > maxEntries ? [`and ${list.length - maxEntries} more`] : [];
  return [...list.slice(0, maxEntries).map(clearText), ...more].join(', ');
}

function rendered(value: unknown, quote: Quote, depth = 0): string {
  if (typeof value === 'string') return quote(value);
  if (isMatcher(value)) return value.sample instanceof RegExp ? `a match of ${value.sample}` : String(value);
  if (!Array.isArray(value) && !isRecord(value)) return String(value);
  if (depth === maxDepth) return '…';
  const inner = (part: unknown) => rendered(part, quote, depth + 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([name, field]) => `${name}: ${inner(field)}`).join(', ')} }`;
}

function isMatcher(value: unknown): value is { readonly sample: unknown } {
  return typeof value === 'object' && value !== null && 'asymmetricMatch' in value;
}
