import { escapeMarkdown, inlineCode } from './markdown.ts';
import { table } from './page-section.ts';

/** As much of JSON Schema as our schemas use. */
export type Schema = {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
};

type Row = { readonly path: string; readonly value: string; readonly required: boolean; readonly meaning: string };

/** One line a field, e.g. `checks[].verdict`; `meanings` says what the schema itself does not, by path. */
export function schemaTable(schema: Schema, meanings: Readonly<Record<string, string>> = {}): string {
  const rows = fieldsOf(schema, '').map(({ path, value, required, meaning }) => [
    inlineCode(path),
    value,
    required ? 'yes' : '',
    meanings[path] ?? escapeMarkdown(meaning),
  ]);
  return table([['field', 'value', 'required', 'meaning'], ...rows], 'left');
}

function fieldsOf(schema: Schema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const required = schema.required?.includes(name) ?? false;
    const inner = field.items === undefined ? fieldsOf(field, `${path}.`) : fieldsOf(field.items, `${path}[].`);
    return [{ path, value: valueText(field), required, meaning: field.description ?? '' }, ...inner];
  });
}

function valueText(schema: Schema): string {
  if (schema.const !== undefined) return inlineCode(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((one) => inlineCode(String(one))).join(', ');
  if (schema.oneOf && schema.type === undefined) return schema.oneOf.map(valueText).join(' or ');
  if (schema.items) return `list of ${schema.items.enum ? valueText(schema.items) : `${valueText(schema.items)}s`}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}
