import { plainLine } from '../../harness/messages/plain-text.ts';

/** Where two JSON values differ, a line each: `facts.host.kernel is "6.1" and "6.12"`. Nothing when they are equal. */
export function differingValues(a: unknown, b: unknown, path = ''): string[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b))
    return [`${plainLine(path, 200)} is ${shown(a)} and ${shown(b)}`];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differingValues(a[key], b[key], path === '' ? key : `${path}.${key}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return plainLine(JSON.stringify(value) ?? 'not there', 80);
}
