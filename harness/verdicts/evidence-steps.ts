import { Status } from 'allure-js-commons';
import type { RuntimeMessage } from 'allure-js-commons/sdk';
import { type EvidenceEntry, entryHead, entryText, isShownWhole } from './evidence-entries.ts';

/** A step of Allure's, as the messages of its own runtime: short answers are parameters, the rest is one attachment. */
export function stepMessages(entry: EvidenceEntry, stop = Date.now()): RuntimeMessage[] {
  const { output, end, durationMs = 0 } = entry;
  const isShort = output !== undefined && output.length <= 120 && !output.includes('\n');
  const parameters = [
    ...(end === undefined ? [] : [endParameter(end)]),
    ...(isShort ? [{ name: 'output', value: output }] : []),
  ];
  return [
    { type: 'step_start', data: { name: entryHead(entry), start: stop - durationMs } },
    ...(parameters.length > 0 ? [{ type: 'step_metadata', data: { parameters } } as const] : []),
    ...(isShownWhole(entry) && (output === undefined || isShort) ? [] : [attachment(entry)]),
    { type: 'step_stop', data: { status: Status.PASSED, stop } },
  ];
}

function endParameter(end: string) {
  const [, name = 'end', value = ''] = /^(exit code|status) (\d+)/.exec(end) ?? [];
  return { name, value };
}

function attachment(entry: EvidenceEntry): RuntimeMessage {
  const content = Buffer.from(`${entryText(entry)}\n`).toString('base64');
  const name = entry.output === undefined ? 'in full' : 'output';
  return { type: 'attachment_content', data: { name, content, encoding: 'base64', contentType: 'text/plain' } };
}
