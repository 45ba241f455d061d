import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage, type StepResult, type TestResult } from 'allure-js-commons';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { readEvidence } from '../results/read-evidence.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import { applyCheck } from './check-result.ts';

/** Where a target's Allure results lie, and what they are made from. */
export type AllureTarget = { readonly name: string; readonly folder: string };

export function allureResultsOf(target: AllureTarget): string {
  return join(target.folder, 'allure-results');
}

/** Completes a result on its way to disk: the verdict's fields, plain text throughout, the evidence attached. */
export function completeResult(result: TestResult, target: AllureTarget, check: JudgedCheck): void {
  applyCheck(result, target.name, check);
  cleanSteps(result.steps);
  attach(result, target, { name: 'evidence', path: check.evidence });
  attach(result, target, { name: 'evidence of the other views', path: check.oracle?.evidence });
}

type Attached = { readonly name: string; readonly path: string | undefined };

function attach(result: TestResult, target: AllureTarget, { name, path }: Attached): void {
  if (path === undefined) return;
  const text = readEvidence(target.folder, path);
  const source = `${result.uuid}-${result.attachments.length}-attachment.txt`;
  mkdirSync(allureResultsOf(target), { recursive: true });
  writeFileSync(join(allureResultsOf(target), source), text ?? `no evidence was kept at ${path}\n`);
  result.attachments.push({ name, source, type: 'text/plain' });
}

/** Writes the result of a check that allure-vitest did not report: its spec broke, or the run was cut off. */
export function writeCheck(target: AllureTarget, check: JudgedCheck, stop: number): void {
  const result: TestResult = {
    uuid: crypto.randomUUID(),
    labels: [],
    links: [],
    parameters: [],
    steps: [],
    attachments: [],
    statusDetails: {},
    stage: Stage.FINISHED,
    start: stop - Math.round(check.durationMs),
    stop,
  };
  completeResult(result, target, check);
  writeFileAtomic(join(allureResultsOf(target), `${result.uuid}-result.json`), JSON.stringify(result));
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
