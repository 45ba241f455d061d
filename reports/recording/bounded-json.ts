import { plainText } from '../../harness/messages/plain-text.ts';

const limits = { depth: 8, entries: 1_000, chars: 4_000, totalChars: 4_000_000 };

/** Facts come from the target: what goes on disk is bounded in depth, length and text, and always JSON. */
function boundedJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return plainText(value, limits.chars);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== 'object') return undefined;
  if (depth >= limits.depth) return '… (nested too deeply)';
  if (Array.isArray(value)) {
    return value.slice(0, limits.entries).map((entry) => boundedJson(entry, depth + 1) ?? null);
  }
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  const kept = entries
    .slice(0, limits.entries)
    .map(([key, entry]) => [plainText(String(key), 200), boundedJson(entry, depth + 1)]);
  return Object.fromEntries(kept.filter(([, entry]) => entry !== undefined));
}

export function boundedRecord(value: Record<string, unknown>): Record<string, unknown> {
  const bounded = boundedJson(value) as Record<string, unknown>;
  const chars = JSON.stringify(bounded).length;
  return chars <= limits.totalChars ? bounded : { dropped: `${chars} characters, the limit is ${limits.totalChars}` };
}
