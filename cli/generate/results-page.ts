import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';
import { generatedNote } from './markdown.ts';
import { type Schema, schemaTable } from './schema-table.ts';

/** What the schema does not say in a description of its own. */
const meanings: Readonly<Record<string, string>> = {
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

/** docs/reference/results.md: the run folder, and each field of results.json from its schema. */
export function resultsPage(): string {
  const schema = JSON.parse(readFileSync(join(checkout, 'reports/results.schema.json'), 'utf8')) as Schema;
  return `# Results

${generatedNote}

## The run folder

A run writes to \`reports/out/<run-id>\`, or to the folder given with \`--out\`. \`reports/out/latest\` links to the newest run.

| file | what it is |
|---|---|
| \`allure-report/index.html\` | the report of all targets; one file that opens from disk |
| \`<target>/results.json\` | the record: everything else is made from it |
| \`<target>/junit.xml\` | the same as JUnit XML |
| \`<target>/evidence/<ID>.txt\` | what a check saw, command by command |
| \`<target>/console.log\` | the serial console of a machine of the lab |
| \`<target>/profile.json\` | with \`--profile\`: where the time of each check went |
| \`selftest.json\` | of \`rdc selftest\`: the outcome of each fault |

\`results.json\` is written after every verdict. If the run is killed, the file on disk is valid and says \`inconclusive\`.

## results.json

The schema is [reports/results.schema.json](../../reports/results.schema.json).

${schemaTable(schema, meanings)}
`;
}
