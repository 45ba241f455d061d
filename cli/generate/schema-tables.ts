import { machinesSchema } from '../../harness/lab/catalog/machines.schema.ts';
import { resultsSchema } from '../../reports/results/results.schema.ts';
import { type OutputName, outputs, publishedSchema } from '../contracts/outputs.ts';
import { escapeMarkdown, inlineCode, table } from './markdown.ts';

/** As much of JSON Schema as our schemas use. */
type Schema = {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
};

/** What the schemas do not say in a description of their own, by field. */
const inResults = {
  'suite.version': 'version of this project',
  'suite.digest': 'SHA-256 of what decides a verdict; runs of different digests are compared, but not merged',
  'run.startedAt': 'ISO 8601, UTC',
  'run.infraRetries': 'how often provisioning was repeated; a check never is',
  'target.name': 'machine name, or `USER@HOST` with `_PORT` where the port is not 22',
  'facts.host': 'what the kernel and the files of the host say',
  'facts.daemon': 'what the daemon says of itself; null when it did not answer',
  'facts.fixtureImage': 'image the containers were started from',
  'checks[].id': 'stable: a check keeps its ID',
  'checks[].title': 'the claim',
  'checks[].source': 'who promised it',
  'checks[].remedy': 'what to do about a failure',
  'checks[].flaky': 'repeated or merged results differed; the worst verdict stands',
  ledger: 'number of checks by verdict',
  conformance: 'see [exit codes](exit-codes.md)',
  'run.durationMs': 'from the start of the run to the last write',
  'checks[].verdict': 'see [concepts](../concepts.md#verdict)',
  'checks[].waiver': 'with `--waivers`: what the waiver of this check does; see [waivers](../guides/waivers.md)',
  'checks[].oracle': 'with `--oracle`, of a failed check or a limitation: see [triage](../guides/triage.md)',
  'checks[].oracle.because': 'why, in a sentence',
  'checks[].oracle.views.bare': 'the user without Docker',
  notJudged: 'selected checks that no verdict was reached on',
};

const inMachines = {
  default: 'name of the machine that `./rdc run` takes without a target',
  'machines[].name': 'as on the command line',
  'machines[].box': 'where the disk comes from; one of the four kinds above',
  'machines[].kernelArgs': 'more arguments for the kernel',
  'machines[].provision.channel': "the distribution's packages or upstream's",
  'machines[].provision.recipe': '`rootless-` and an entry of `vms/distributions.json`',
  'machines[].variant':
    'what sets the machine apart from its release; made and tested by `vms/provision/variants/NAME.sh`, with `-` for spaces',
  'machines[].verified':
    'the last run of all checks: `date`, `versions`, and `judged`, how many checks passed or failed then',
};

/** docs/reference/results.md: each field of results.json. */
export function resultsTable(): string {
  return schemaTable(resultsSchema, inResults);
}

/** docs/reference/configuration.md: each field of machines.json; those of `fromImages` are the same. */
export function machinesTable(): string {
  const { fromImages: _, ...properties } = machinesSchema.properties;
  return schemaTable({ ...machinesSchema, properties }, inMachines);
}

/** docs/reference/json-output.md: each document of `--json`, with its fields where no other page has them. */
export function jsonOutputSections(): string {
  const elsewhere: Partial<Record<OutputName, string>> = {
    machines: 'Each has the fields of a machine in [configuration](configuration.md).',
    run: 'Each has the fields of [results.json](results.md).',
  };
  return (Object.keys(outputs) as OutputName[])
    .map((name) => {
      const { version, commands } = outputs[name];
      const schema = publishedSchema(name) as Schema;
      const prints = commands.map((command) => inlineCode(`./rdc ${command} --json`)).join(', ');
      const what = `${prints}: ${schema.type === 'array' ? 'an array' : 'an object'}, version ${version}, [schema](schemas/${name}.schema.json).`;
      const fields = elsewhere[name] ?? schemaTable(schema.items ?? schema, {});
      return [`## ${name}`, what, fields].join('\n\n');
    })
    .join('\n\n');
}

function schemaTable(schema: Schema, meanings: Readonly<Record<string, string>>): string {
  const rows = fieldsOf(schema, '').map(({ path, field, isRequired }) => [
    inlineCode(path),
    valueText(field),
    isRequired ? 'yes' : '',
    meanings[path] ?? described(field.description ?? ''),
  ]);
  return table([['field', 'value', 'required', 'meaning'], ...rows], 'left');
}

/** Code spans and links of a description stand as they are. */
function described(text: string): string {
  return /`|\]\(/.test(text) ? text : escapeMarkdown(text);
}

type Field = { readonly path: string; readonly field: Schema; readonly isRequired: boolean };

/** A field's path is e.g. `checks[].verdict`. */
function fieldsOf({ properties = {}, required = [] }: Schema, prefix: string): Field[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const inner = field.items ? fieldsOf(field.items, `${path}[].`) : fieldsOf(field, `${path}.`);
    return [{ path, field, isRequired: required.includes(name) }, ...inner];
  });
}

function valueText(schema: Schema): string {
  if (schema.const !== undefined) return inlineCode(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((one) => inlineCode(String(one))).join(', ');
  if (schema.oneOf && schema.type === undefined) return schema.oneOf.map(valueText).join(' or ');
  if (schema.items) return `list of ${schema.items.enum ? valueText(schema.items) : `${valueText(schema.items)}s`}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}
