import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { everyCheck, ruleConformance } from '../results/conformance.ts';
import type { Results } from '../results/results.schema.ts';
import { allureResultsOf, statusOf, writeCheck } from './check-result.ts';
import { describeCheck } from './description.ts';

/** Makes allure-results agree with results.json, however vitest ended. Calling it again changes nothing. */
export function completeAllureResults(folder: string, results: Results): void {
  const target = { name: results.target.name, folder };
  const resultsFolder = allureResultsOf(folder);
  const written = Map.groupBy(readWritten(resultsFolder), ({ testCaseId }) => testCaseId);
  const endMs = Date.parse(results.run.startedAt) + results.run.durationMs;
  for (const check of everyCheck(results)) {
    const [newest, ...older] = (written.get(check.id) ?? []).toSorted((a, b) => b.start - a.start);
    // vitest knew nothing of waivers, nor of the views that come after it
    const isRight =
      newest?.isPlain === true &&
      newest.description === describeCheck(check) &&
      newest.status === statusOf(check) &&
      check.waiver === undefined &&
      check.oracle === undefined;
    for (const { file } of isRight ? older : (written.get(check.id) ?? [])) rmSync(file, { force: true });
    if (!isRight) writeCheck(target, check, endMs);
  }
  writeGlobals(resultsFolder, results, endMs);
}

function readWritten(folder: string) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('-result.json'))
    .flatMap((name) => {
      const file = join(folder, name);
      try {
        const result = JSON.parse(readFileSync(file, 'utf8'));
        const { testCaseId, status, start, description, descriptionHtml, attachments = [] } = result;
        // a run folder may be somebody else's: Allure shows HTML and what is attached as HTML
        const isPlain = !descriptionHtml && attachments.every(({ type }: { type?: string }) => type === 'text/plain');
        return [{ file, testCaseId: String(testCaseId), status, start: Number(start) || 0, description, isPlain }];
      } catch {
        // it was cut off while it was written
        rmSync(file, { force: true });
        return [];
      }
    });
}

function writeGlobals(folder: string, results: Results, timestamp: number): void {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const file = join(folder, 'target-globals.json');
  rmSync(file, { force: true });
  if (conformance !== 'inconclusive') return;
  const message = `${results.target.name}: inconclusive: ${because.join('; ')}`;
  writeFileAtomic(file, JSON.stringify({ attachments: [], errors: [{ message, timestamp }] }));
}
