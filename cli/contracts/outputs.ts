import { machinesSchema } from '../../harness/lab/catalog/machines.schema.ts';
import { resultsSchema, resultsVersion } from '../../reports/results/results.schema.ts';
import { selftestSchema } from '../../reports/selftest/selftest.schema.ts';
import { compareSchema } from './compare.schema.ts';
import { explainSchema, listSchema } from './list.schema.ts';
import { cleanSchema, doctorSchema, mergeSchema } from './machine.schema.ts';

type Schema = Readonly<Record<string, unknown>>;

/** An object says its version itself; an array, and selftest.json, which is older, have no place for it. */
function versioned<const S extends { readonly properties: object; readonly required: readonly string[] }>(schema: S) {
  const ofDocument = { type: 'string', pattern: '^1(\\.\\d{1,4})?$', description: 'version of this document' } as const;
  return {
    ...schema,
    required: ['schema', ...schema.required],
    properties: { schema: ofDocument, ...schema.properties },
  } as const;
}

type Output = {
  /** the command lines that print it */
  readonly commands: readonly string[];
  /** a new field is a new minor version; a removed one, or another meaning, a new major version */
  readonly version: string;
  readonly schema: Schema;
};

const { distribution: _, ...machineFields } = machinesSchema.properties.machines.items.properties;

/** Every document that `--json` prints: docs/reference/json-output.md and the published schemas are made of these entries. */
export const outputs = {
  list: { commands: ['list'], version: '1.0', schema: listSchema },
  machines: {
    commands: ['list --machines'],
    version: '1.0',
    schema: {
      type: 'array',
      items: { ...machinesSchema.properties.machines.items, properties: machineFields },
    },
  },
  explain: { commands: ['explain ID'], version: '1.0', schema: versioned(explainSchema) },
  doctor: { commands: ['doctor'], version: '1.0', schema: versioned(doctorSchema) },
  run: {
    commands: ['run TARGET...', 'doctor TARGET'],
    version: resultsVersion,
    schema: { type: 'array', items: resultsSchema, description: 'the results.json of each target' },
  },
  selftest: { commands: ['selftest TARGET'], version: '1.0', schema: selftestSchema },
  compare: { commands: ['compare RUN...'], version: '1.0', schema: versioned(compareSchema) },
  merge: { commands: ['merge RUN... --out DIR'], version: '1.0', schema: versioned(mergeSchema) },
  clean: { commands: ['clean'], version: '1.0', schema: versioned(cleanSchema) },
} as const satisfies Readonly<Record<string, Output>>;

export type OutputName = keyof typeof outputs;

/** The schema as it is published and validated: its address says the major version, `version` the whole of it. */
export function publishedSchema(name: OutputName): Schema {
  const { version, schema, commands } = outputs[name];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `rdc-json-${name}-${version.split('.')[0]}`,
    title: `What ${commands.map((command) => `./rdc ${command} --json`).join(' and ')} print${commands.length > 1 ? '' : 's'}`,
    $comment: `version ${version}`,
    ...withoutIds(schema),
  };
}

/** A document with its version, as `printJson` takes it. */
export function withVersion<T extends object>(name: OutputName, document: T): T & { readonly schema: string } {
  return { schema: outputs[name].version, ...document };
}

/** A schema inside of another has no address of its own. */
function withoutIds({ $schema, $id, title, ...schema }: Schema): Schema {
  const { items } = schema;
  return typeof items === 'object' && items !== null ? { ...schema, items: withoutIds(items as Schema) } : schema;
}
