import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { ruleConformance } from '../results/conformance.ts';
import { everyCheck } from '../results/every-check.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { statusOf } from './check-result.ts';
import { allureResultsOf, writeCheck } from './check-writer.ts';
import { describeCheck } from './description.ts';

type Written = {
  readonly file: string;
  readonly id: string;
  readonly status: string;
  readonly start: number;
  /** what Allure shows of it as more than text */
  readonly markup: string;
};

/**
 * Makes a target's allure-results agree with its results.json, however vitest ended: one result a check, with the
 * verdict's status; what is missing is added, what disagrees is written anew. Calling it again changes nothing.
 */
export function completeAllureResults(folder: string, results: Results): void {
  const target = { name: results.target.name, folder };
  const resultsFolder = allureResultsOf(target);
  const written = Map.groupBy(readWritten(resultsFolder), ({ id }) => id);
  const endMs = Date.parse(results.run.startedAt) + results.run.durationMs;
  for (const check of everyCheck(results)) {
    const kept = keepNewest(check, written.get(check.id) ?? []);
    if (!kept) writeCheck(target, check, endMs);
  }
  writeGlobals(resultsFolder, results, endMs);
}

function keepNewest(check: JudgedCheck, written: readonly Written[]): boolean {
  const [newest, ...older] = written.toSorted((a, b) => b.start - a.start);
  // vitest knew nothing of waivers, nor of the views that come after it
  const isOurs = newest?.markup === markupOf({ description: describeCheck(check) });
  const isRight =
    isOurs && newest?.status === statusOf(check) && check.waiver === undefined && check.oracle === undefined;
  for (const { file } of isRight ? older : written) rmSync(file, { force: true });
  return isRight;
}

function readWritten(folder: string): Written[] {
  const names = listFolder(folder).filter((name) => name.endsWith('-result.json'));
  return names.flatMap((name) => {
    const file = join(folder, name);
    const written = parseWritten(file);
    // A result that was cut off while it was written is no result.
    if (!written) rmSync(file, { force: true });
    return written ? [written] : [];
  });
}

function parseWritten(file: string): Written | undefined {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    const { testCaseId, status, start } = result;
    return {
      file,
      id: String(testCaseId),
      status: String(status),
      start: Number(start) || 0,
      markup: markupOf(result),
    };
  } catch {
    return undefined;
  }
}

/** A run folder may be somebody else's: a result that holds other markup than ours is written anew. */
function markupOf(result: {
  description?: string;
  descriptionHtml?: string;
  attachments?: { type?: string }[];
}): string {
  const { description = '', descriptionHtml = '', attachments = [] } = result;
  const others = attachments.map(({ type }) => type).filter((type) => type !== 'text/plain');
  return JSON.stringify([description, descriptionHtml, others]);
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function writeGlobals(folder: string, results: Results, timestamp: number): void {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const file = join(folder, 'target-globals.json');
  rmSync(file, { force: true });
  if (conformance !== 'inconclusive') return;
  const message = `${results.target.name}: inconclusive: ${because.join('; ')}`;
  writeFileAtomic(file, JSON.stringify({ attachments: [], errors: [{ message, timestamp }] }));
}
