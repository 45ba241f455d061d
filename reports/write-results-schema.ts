// Writes the committed copies of the schemas: node reports/write-results-schema.ts && npx biome check --write reports
import { writeFileSync } from 'node:fs';
import { resultsSchema } from './results/results.schema.ts';
import { openSchema } from './results/unknown-fields.ts';
import { waiversSchema } from './waivers/waivers.schema.ts';

const write = (name: string, schema: unknown) =>
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
write('results.schema.json', openSchema(resultsSchema));
write('waivers.schema.json', waiversSchema);
