// Notes in docs/judged.json the outcomes of runs on machines of the lab: node cli/generate/record-verdicts.ts RUNFOLDER...
// RUNFOLDER is that of `rdc run` (results.json) or of `rdc selftest` (selftest.json).
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { readMachines } from '../../harness/lab/catalog/machines.ts';
import { exitCodes, RdcError, renderError } from '../../harness/messages/errors.ts';
import { readRun } from '../../reports/results/read-results.ts';
import { readSelftest, selftestFileName } from '../../reports/selftest/resume.ts';
import { type Judged, judgedFile, pruned, readJudged, withResults, withSelftest } from './recorded-verdicts.ts';

function record(judged: Judged, folder: string): Judged {
  const file = join(folder, selftestFileName);
  if (!existsSync(file)) return readRun(folder).reduce((all, { results }) => withResults(all, results), judged);
  const selftest = readSelftest(file);
  if (selftest) return withSelftest(judged, selftest);
  throw new RdcError('INPUT', `${file}: not a selftest of this version`, { hint: './rdc selftest' });
}

async function main(folders: readonly string[]): Promise<number> {
  if (folders.length === 0)
    throw new RdcError('USAGE', 'missing run folder', { hint: 'node cli/generate/record-verdicts.ts RUN...' });
  const ids = (await loadChecks()).map(({ id }) => id);
  const machines = readMachines().machines.map(({ name }) => name);
  const judged = pruned(folders.reduce(record, readJudged()), ids, machines);
  writeFileSync(judgedFile, `${JSON.stringify(judged, null, 2)}\n`);
  process.stdout.write(`${judgedFile}: next: node cli/generate/write-docs.ts\n`);
  return exitCodes.ok;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${renderError(error)}\n`);
    process.exitCode = error instanceof RdcError ? error.exitCode : exitCodes.failed;
  }
}
