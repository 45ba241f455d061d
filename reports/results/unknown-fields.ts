import { plainLine } from '../../harness/messages/plain-text.ts';

/** A JSON Schema as ours are: objects that are closed or free, and arrays of them. */
type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly [keyword: string]: unknown;
};

const maxNames = 5;
const told = new Set<string>();

/** Deletes what a newer minor version added, which nobody checked; says so on stderr, once for all files of that version. */
export function dropNewerFields(
  document: unknown,
  file: string,
  { schema, field, ours }: { schema: Schema; field: string; ours: string },
): void {
  const its = (document as Record<string, unknown> | null)?.[field];
  if (typeof its !== 'string' || !new RegExp(`${schema.properties?.[field]?.pattern}`).test(its)) return;
  const places = new Set<string>();
  dropUnknown(document, schema, (place) => places.size <= maxNames && places.add(plainLine(place, 80)));
  const shown = `${[...places].slice(0, maxNames).join(', ')}${places.size > maxNames ? ' and more' : ''}`;
  const note = `ignored fields that version ${ours} does not have (the file is of ${its}): ${shown}`;
  if (places.size === 0 || told.has(note)) return;
  told.add(note);
  process.stderr.write(`note: ${plainLine(file, 300)}: ${note}\n`);
}

function dropUnknown(value: unknown, schema: Schema, dropped: (place: string) => void, at = ''): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) for (const item of value) dropUnknown(item, items, dropped, `${at}/*`);
    return;
  }
  const { properties = {}, additionalProperties } = schema;
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) dropUnknown(inner, known, dropped, `${at}/${name}`);
    else if (additionalProperties === false) {
      Reflect.deleteProperty(value, name);
      dropped(`${at}/${name}`);
    }
  }
}

/** The schema for other readers, to whom what a newer minor version adds is no error either. */
export function openSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(openSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name, value]) => name !== 'additionalProperties' || value !== false);
  return Object.fromEntries(kept.map(([name, value]) => [name, openSchema(value)]));
}
