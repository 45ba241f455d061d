import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Link, Stage, Status, type StepResult, type TestResult } from 'allure-js-commons';
import { createTestResult } from 'allure-js-commons/sdk/reporter';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { readEvidence } from '../results/read-evidence.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { describeCheck } from './description.ts';

const { PASSED, FAILED, BROKEN, SKIPPED } = Status;
const statuses = { pass: PASSED, fail: FAILED, error: BROKEN, skip: SKIPPED, blocked: SKIPPED };
const severities = { MUST: 'critical', SHOULD: 'normal', LIMITATION: 'normal', WORKAROUND: 'minor', MAY: 'trivial' };

const dropped = new Set(['suite', 'parentSuite', 'subSuite', 'thread', 'host', 'package']);

export type AllureTarget = { readonly name: string; readonly folder: string };

export function allureResultsOf(folder: string): string {
  return join(folder, 'allure-results');
}

export function statusOf(check: Pick<JudgedCheck, 'verdict' | 'waiver'>): Status {
  return statuses[reportedVerdict(check)];
}

/** Writes the result of a check that allure-vitest did not report: its spec broke, or the run was cut off. */
export function writeCheck(target: AllureTarget, check: JudgedCheck, stop: number): void {
  const result = createTestResult(crypto.randomUUID());
  result.start = stop - Math.round(check.durationMs);
  completeResult(result, target, check);
  writeFileAtomic(join(allureResultsOf(target.folder), `${result.uuid}-result.json`), JSON.stringify(result));
}

export function completeResult(result: TestResult, target: AllureTarget, check: JudgedCheck): void {
  applyCheck(result, target.name, check);
  cleanSteps(result.steps);
  attach(result, target, { name: 'evidence', path: check.evidence });
  attach(result, target, { name: 'evidence of the other views', path: check.oracle?.evidence });
}

/** Makes Allure's result of a check say what the verdict says; steps and attachments already in it stay. */
function applyCheck(result: TestResult, target: string, check: JudgedCheck): void {
  const { id, area, level, title, verdict, finding, flaky, waiver } = check;
  result.name = `${id}: ${title}`;
  result.fullName = `${area}#${id}`;
  result.titlePath = [target, area];
  // One check on two targets is one test case with two histories: Allure merges what has the same history id.
  result.testCaseId = id;
  result.historyId = createHash('sha256').update(`${id} on ${target}`).digest('hex').slice(0, 32);
  result.status = statusOf(check);
  result.stage = Stage.FINISHED;
  if (result.start !== undefined) result.stop = result.start + Math.round(check.durationMs);
  result.statusDetails = verdict === 'pass' && !waiver ? {} : { message: reasonOf(check), ...(flaky ? { flaky } : {}) };
  result.description = describeCheck(check);
  delete result.descriptionHtml;
  result.parameters = [{ name: 'target', value: target }];
  result.links = linksTo(check);
  result.labels = [
    ...result.labels.filter(({ name }) => !dropped.has(name)),
    { name: 'parentSuite', value: target },
    { name: 'suite', value: area },
    { name: 'severity', value: severities[level] },
    { name: 'verdict', value: verdict },
    ...tagsOf(check).map((value) => ({ name: 'tag', value })),
    ...(finding ? [{ name: 'finding', value: finding }] : []),
  ];
}

function tagsOf({ level, finding, verdict, flaky, waiver, oracle }: JudgedCheck): string[] {
  return [
    level,
    finding,
    verdict === 'blocked' && 'blocked',
    flaky && 'flaky',
    waiver && `waiver: ${waiver.state}`,
    oracle && `blame: ${oracle.blame}`,
  ].filter((tag) => typeof tag === 'string');
}

/** Somebody else's results may name anything: an address that is no page runs where it is clicked. */
function linksTo({ source }: JudgedCheck): Link[] {
  if (!source || !['https:', 'http:'].includes(URL.parse(source.url)?.protocol ?? '')) return [];
  return [{ name: plainText(source.section) || source.url, url: source.url, type: 'link' }];
}

function attach(result: TestResult, target: AllureTarget, { name, path }: { name: string; path?: string | undefined }) {
  if (path === undefined) return;
  const text = readEvidence(target.folder, path);
  const source = `${result.uuid}-${result.attachments.length}-attachment.txt`;
  mkdirSync(allureResultsOf(target.folder), { recursive: true });
  writeFileSync(join(allureResultsOf(target.folder), source), text ?? `no evidence was kept at ${path}\n`);
  result.attachments.push({ name, source, type: 'text/plain' });
}

function cleanSteps(steps: readonly StepResult[]): void {
  for (const step of steps) {
    if (step.name !== undefined) step.name = plainLine(step.name);
    for (const key of ['message', 'trace', 'actual', 'expected'] as const) {
      const text = step.statusDetails?.[key];
      if (text !== undefined) step.statusDetails[key] = plainLine(text);
    }
    for (const parameter of step.parameters) parameter.value = plainLine(parameter.value);
    cleanSteps(step.steps);
  }
}
