// Writes the committed copy of the schema: node reports/write-results-schema.ts && npx biome check --write reports
import { writeFileSync } from 'node:fs';
import { resultsSchema } from './results.schema.ts';

writeFileSync(new URL('results.schema.json', import.meta.url), `${JSON.stringify(resultsSchema, null, 2)}\n`);
