import { plainLine } from '../messages/plain-text.ts';
import { exactText, isRecord, isSame, sampleOf, valueText } from './value-text.ts';

/** A matcher that did not hold: `expect(found).not.toContain(wanted)`. */
type Unmet = {
  readonly matcher: string;
  readonly isNot: boolean;
  readonly found: unknown;
  readonly wanted: unknown;
};

/** Every entry is compared with every other one. */
const maxComparisons = 250_000;

/**
 * What was expected and what was found: `expected 1660, found 666`; of lists what is missing and what is unexpected.
 * A matcher without a text here keeps vitest's `message`.
 */
export function failureText(unmet: Unmet, message: string): string {
  const text = unmet.isNot ? textOfNot(unmet) : textOf(unmet);
  return plainLine(text ?? message.replace(/ \/\/ Object\.is equality$/, ''), 1_500);
}

function textOf({ matcher, found, wanted }: Unmet): string | undefined {
  const [seen, meant] = [valueText(found), valueText(wanted)];
  switch (matcher) {
    case 'toBe':
    case 'toEqual':
    case 'toMatchObject':
      return difference(found, wanted, matcher === 'toMatchObject');
    case 'toBeNull':
    case 'toBeUndefined':
      return `unexpected ${found === null || found === undefined ? exactText(found) : seen}`;
    case 'toContain':
      return `${Array.isArray(found) ? 'missing:' : 'expected to contain'} ${meant}; found ${seen}`;
    case 'toMatch':
      return `expected to match ${meant}; found ${seen}`;
    case 'toHaveLength':
      return Array.isArray(found) ? `expected ${meant} entries, found ${found.length}: ${seen}` : undefined;
    case 'toBeGreaterThan':
      return `expected more than ${meant}, found ${seen}`;
    case 'toBeGreaterThanOrEqual':
      return `expected at least ${meant}, found ${seen}`;
    case 'toBeLessThan':
      return `expected less than ${meant}, found ${seen}`;
    case 'toBeLessThanOrEqual':
      return `expected at most ${meant}, found ${seen}`;
    default:
      return undefined;
  }
}

function textOfNot({ matcher, found, wanted }: Unmet): string | undefined {
  const [seen, unwanted] = [valueText(found), valueText(wanted)];
  switch (matcher) {
    case 'toBe':
    case 'toEqual':
      return `expected anything but ${unwanted}`;
    case 'toBeNull':
    case 'toBeUndefined':
      return 'expected a value, found none';
    case 'toContain':
      return `${Array.isArray(found) ? 'unexpected:' : 'expected not to contain'} ${unwanted}; found ${seen}`;
    case 'toMatch':
      return `expected not to match ${unwanted}; found ${seen}`;
    case 'toBeTypeOf':
      return `unexpected ${seen}`;
    default:
      return undefined;
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
