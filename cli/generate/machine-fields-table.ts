import { machinesSchema } from '../../harness/lab/catalog/machines.schema.ts';
import { type Schema, schemaTable } from './schema-table.ts';

const meanings: Readonly<Record<string, string>> = {
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

/** docs/reference/configuration.md: each field of machines.json; those of `fromImages` are the same. */
export function machineFieldsTable(): string {
  const { fromImages: _, ...properties } = machinesSchema.properties;
  const schema = { ...machinesSchema, properties } as Schema;
  return schemaTable(schema, meanings);
}
