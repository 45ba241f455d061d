// Writes the committed copies of the schemas: node cli/generate/write-schemas.ts && npx biome check --write reports docs
import { mkdirSync, writeFileSync } from 'node:fs';
import { resultsSchema } from '../../reports/results/results.schema.ts';
import { openSchema } from '../../reports/results/unknown-fields.ts';
import { waiversSchema } from '../../reports/waivers/waivers.schema.ts';
import { type OutputName, outputs, publishedSchema } from '../contracts/outputs.ts';

const write = (name: string, schema: unknown) =>
  writeFileSync(new URL(`../../reports/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
write('results.schema.json', openSchema(resultsSchema));
write('waivers.schema.json', waiversSchema);

const folder = new URL('../../docs/reference/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(outputs) as OutputName[])
  writeFileSync(
    new URL(`${name}.schema.json`, folder),
    `${JSON.stringify(openSchema(publishedSchema(name)), null, 2)}\n`,
  );
