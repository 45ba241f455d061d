import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage, Status, type StepResult, type TestResult } from 'allure-js-commons';
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import { createStepResult } from 'allure-js-commons/sdk/reporter';
import { evidenceEntries } from '../../harness/verdicts/evidence-entries.ts';
import { stepMessages } from '../../harness/verdicts/evidence-steps.ts';
import { readEvidence } from '../results/read-evidence.ts';
import { type AllureTarget, allureResultsOf } from './results-folder.ts';

const viewsName = 'the same, seen from elsewhere';

/** Whether the worker told its steps: what else is there are expectations, which allure-vitest adds by itself. */
export function hasEvidenceSteps({ steps }: Pick<TestResult, 'steps'>): boolean {
  return steps.some(({ name = '' }) => !name.startsWith('expect') && name !== viewsName);
}

/** For a result whose test told nothing, as of a run that was cut off or that came as a bundle. */
export function addEvidence(result: TestResult, target: AllureTarget, path: string): void {
  result.steps.unshift(...stepsOf(result, target, path));
}

export function addViews(result: TestResult, target: AllureTarget, path: string): void {
  if (result.steps.some(({ name }) => name === viewsName)) return;
  result.steps.push({ ...newStep(viewsName, result.stop), steps: stepsOf(result, target, path) });
}

function stepsOf(result: TestResult, target: AllureTarget, path: string): StepResult[] {
  const text = readEvidence(target.folder, path);
  if (text === undefined) return [newStep(`no evidence was kept at ${path}`, result.stop)];
  return evidenceEntries(text).map((entry, index) => {
    const step = newStep('', result.stop);
    const write = (content: Buffer) => writeAttachment(target, `${result.uuid}-${path.length}-${index}`, content);
    for (const message of stepMessages(entry, result.stop)) applyMessage(step, message, write);
    return step;
  });
}

function newStep(name: string, stop = 0): StepResult {
  return { ...createStepResult(), name, status: Status.PASSED, stage: Stage.FINISHED, start: stop, stop };
}

function applyMessage(step: StepResult, message: RuntimeMessage, write: (content: Buffer) => string): void {
  if (message.type === 'step_start') Object.assign(step, message.data);
  if (message.type === 'step_metadata') step.parameters.push(...(message.data.parameters ?? []));
  if (message.type !== 'attachment_content') return;
  const { name, content, contentType: type } = message.data;
  step.attachments.push({ name, type, source: write(Buffer.from(content, 'base64')) });
}

function writeAttachment({ folder }: AllureTarget, name: string, content: Buffer): string {
  const source = `${name}-attachment.txt`;
  mkdirSync(allureResultsOf(folder), { recursive: true });
  writeFileSync(join(allureResultsOf(folder), source), content);
  return source;
}
