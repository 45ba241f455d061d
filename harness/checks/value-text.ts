import { expect } from 'vitest';
import { plainLine } from '../messages/plain-text.ts';

const maxChars = 400;
const maxEntries = 30;
const maxDepth = 4;

/** A value in a sentence: strings have quotes only where they are unclear without, and of a list the entries are named. */
export function valueText(value: unknown): string {
  return plainLine(Array.isArray(value) ? listText(value) : clearText(value), maxChars);
}

/** As in code: two values look the same only if they are, `1` and `"1"`. */
export function exactText(value: unknown): string {
  return plainLine(rendered(value, JSON.stringify), maxChars);
}

/** As `toEqual` has it. */
export function isSame(found: unknown, wanted: unknown): boolean {
  return expect.arrayContaining([wanted]).asymmetricMatch([found]);
}

/** What `expect.arrayContaining` and its like were made of; undefined of any other value. */
export function sampleOf(value: unknown): unknown {
  return isMatcher(value) ? value.sample : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
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
