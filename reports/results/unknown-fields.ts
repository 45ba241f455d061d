import { plainLine } from '../../harness/messages/plain-text.ts';

/** A JSON Schema as ours are: objects that are closed or free, and arrays of them. */
export type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly [keyword: string]: unknown;
};

const maxNames = 5;
const told = new Set<string>();

/**
 * Deletes from a document the fields that its schema does not have: a newer minor version adds some, and nothing may be
 * made of what nobody checked. Returns where they were, e.g. `/checks/N/score` with `*` for N; at most a few.
 */
export function dropUnknownFields(document: unknown, schema: Schema): string[] {
  const places = new Set<string>();
  dropFrom(document, { schema, at: '' }, places);
  return [...places];
}

function dropFrom(value: unknown, { schema, at }: { schema: Schema; at: string }, places: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of schema.items ? value : []) dropFrom(item, { schema: schema.items ?? {}, at: `${at}/*` }, places);
    return;
  }
  const { properties, additionalProperties } = schema;
  for (const [name, inner] of Object.entries(value)) {
    const known = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) dropFrom(inner, { schema: known, at: `${at}/${name}` }, places);
    else if (additionalProperties === false) {
      Reflect.deleteProperty(value, name);
      if (places.size <= maxNames) places.add(plainLine(`${at}/${name}`, 80));
    }
  }
}

/** Says on stderr what was ignored of a file: once, however many files of that version there are. */
export function tellIgnored(file: string, places: readonly string[], versions: { its: string; ours: string }): void {
  const shown = `${places.slice(0, maxNames).join(', ')}${places.length > maxNames ? ' and more' : ''}`;
  const { its, ours } = versions;
  const what = `ignored fields that version ${ours} does not have (the file is of ${its}): ${shown}`;
  if (places.length === 0 || told.has(what)) return;
  told.add(what);
  process.stderr.write(`note: ${plainLine(file, 300)}: ${what}\n`);
}

/** The same schema for readers of other hands: what a newer minor version adds is no error. */
export function openSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(openSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name, value]) => name !== 'additionalProperties' || value !== false);
  return Object.fromEntries(kept.map(([name, value]) => [name, openSchema(value)]));
}
