import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Attachment, TestResult } from 'allure-js-commons';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { everyCheck, ruleConformance } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { completeResult, statusOf, writeCheck } from './check-result.ts';
import { describeCheck } from './description.ts';
import { hasEvidenceSteps } from './evidence-steps.ts';
import { allureResultsOf } from './results-folder.ts';

/** Makes allure-results agree with results.json, however vitest ended. Calling it again changes nothing. */
export function completeAllureResults(folder: string, results: Results): void {
  const target = { name: results.target.name, folder };
  const resultsFolder = allureResultsOf(folder);
  const written = Map.groupBy(readWritten(resultsFolder), ({ result }) => result.testCaseId);
  const endMs = Date.parse(results.run.startedAt) + results.run.durationMs;
  for (const check of everyCheck(results)) {
    const [newest, ...older] = (written.get(check.id) ?? []).toSorted((a, b) => b.result.start - a.result.start);
    if (newest === undefined) writeCheck(target, check, endMs);
    // vitest knew nothing of waivers, nor of the views that come after it; the steps stay
    else if (!isComplete(newest.result, check)) {
      completeResult(newest.result, target, check);
      writeFileAtomic(newest.file, JSON.stringify(newest.result));
    }
    for (const { file } of older) rmSync(file, { force: true });
  }
  writeGlobals(resultsFolder, results, endMs);
}

function isComplete(result: TestResult, check: JudgedCheck): boolean {
  const isTold = check.evidence === undefined || hasEvidenceSteps(result);
  return isTold && result.status === statusOf(check) && result.description === describeCheck(check);
}

type Written = { readonly file: string; readonly result: TestResult & { start: number } };

function readWritten(folder: string): Written[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('-result.json'))
    .flatMap((name) => {
      const file = join(folder, name);
      const result = readResult(file);
      // it was cut off while it was written, or is none of ours: it is made anew
      if (result === undefined) rmSync(file, { force: true });
      return result === undefined ? [] : [{ file, result }];
    });
}

function readResult(file: string): Written['result'] | undefined {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    const { uuid, testCaseId, labels, start } = result;
    const isOurs = [uuid, testCaseId].every((text) => typeof text === 'string') && Array.isArray(labels);
    return isOurs && typeof start === 'number' && isPlain(result) ? result : undefined;
  } catch {
    return undefined;
  }
}

type Item = Partial<Pick<TestResult, 'steps' | 'attachments' | 'parameters' | 'descriptionHtml'>>;

/** A run folder may be somebody else's: Allure shows HTML, and what is attached as HTML. */
function isPlain({ descriptionHtml, attachments, parameters, steps }: Item, depth = 0): boolean {
  const isText = ({ type, source = '' }: Attachment) => type === 'text/plain' && /^[\w.-]+$/.test(source);
  return (
    !descriptionHtml &&
    depth < 20 &&
    Array.isArray(attachments) &&
    attachments.every(isText) &&
    Array.isArray(parameters) &&
    parameters.every(({ value }) => typeof value === 'string') &&
    Array.isArray(steps) &&
    steps.every((step) => isPlain(step, depth + 1))
  );
}

function writeGlobals(folder: string, results: Results, timestamp: number): void {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const file = join(folder, 'target-globals.json');
  rmSync(file, { force: true });
  if (conformance !== 'inconclusive') return;
  const message = `${results.target.name}: inconclusive: ${because.join('; ')}`;
  writeFileAtomic(file, JSON.stringify({ attachments: [], errors: [{ message, timestamp }] }));
}
