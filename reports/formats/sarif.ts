import { createHash } from 'node:crypto';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { everyCheck, ruleConformance } from '../results/conformance.ts';
import { kernelOf, providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { rdcFields, startOf } from './rdc-fields.ts';

const levels = { MUST: 'error', SHOULD: 'warning', MAY: 'note', LIMITATION: 'note', WORKAROUND: 'note' } as const;

/**
 * SARIF 2.1.0: a run per target, a rule per check, a result per check that is not green. Readers show every result as a
 * finding, so passes and skips are rules only. A waived failure is suppressed; an inconclusive target is an execution that failed.
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifLog(...all: readonly Results[]): string {
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: all.map(runOf),
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function runOf(results: Results) {
  const { run, suite, target } = results;
  const checks = everyCheck(results);
  const { conformance, because } = ruleConformance(results, run.gate);
  const start = startOf(results);
  const note = (text: string) => ({ level: 'error', message: { text: plainLine(text) || conformance } });
  return {
    tool: { driver: { name: 'rdc', version: plainLine(suite.version), rules: checks.map(ruleOf) } },
    automationDetails: { id: `rdc/${plainLine(target.name)}/` },
    invocations: [
      {
        executionSuccessful: conformance !== 'inconclusive',
        startTimeUtc: start.toISOString(),
        endTimeUtc: new Date(start.getTime() + run.durationMs).toISOString(),
        toolExecutionNotifications: conformance === 'inconclusive' ? because.map(note) : [],
      },
    ],
    results: checks.flatMap((check, index) => (isRed(check) ? [resultOf(check, index, results)] : [])),
    properties: { conformance, provider: providerOf(results), ...kernelOf(results), digest: plainLine(suite.digest) },
  };
}

function isRed({ verdict, waiver }: JudgedCheck): boolean {
  return waiver !== undefined || (verdict !== 'pass' && verdict !== 'skip');
}

function ruleOf({ id, title, level, area, source, remedy }: JudgedCheck) {
  const claim = plainLine(title) || id;
  const help = [claim, remedy && plainText(remedy), source && plainLine(`${source.url} (${source.section})`)];
  return {
    id,
    shortDescription: { text: claim },
    help: { text: help.filter(Boolean).join('\n\n') },
    helpUri: source && /^https?:/.test(source.url) && URL.canParse(source.url) ? new URL(source.url).href : undefined,
    defaultConfiguration: { level: levels[level] },
    properties: { tags: [level, plainLine(area) || 'rdc'] },
  };
}

/** What could not be judged is a failure too: any other kind has the level "none". Code scanning wants a file: the evidence, or where there is none the results. */
function resultOf(check: JudgedCheck, ruleIndex: number, { target }: Results) {
  const { evidence, ...fields } = rdcFields(check);
  const name = plainLine(target.name) || 'target';
  const uri = [name, plainLine(evidence ?? 'results.json')].join('/').split('/').map(encodeURIComponent).join('/');
  return {
    ruleId: check.id,
    ruleIndex,
    kind: 'fail',
    level: levels[check.level],
    message: { text: reasonOf(check) || check.id },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } },
        logicalLocations: [{ name, fullyQualifiedName: `${name}/${plainLine(check.area)}/${check.id}` }],
      },
    ],
    partialFingerprints: { 'rdcCheck/v1': createHash('sha256').update(`${name}\n${check.id}`).digest('hex') },
    suppressions: check.waiver?.state === 'expected' ? [suppressionOf(check.waiver)] : [],
    properties: fields,
  };
}

function suppressionOf({ reason, bug, owner, expires }: NonNullable<JudgedCheck['waiver']>) {
  const justification = plainText(`${reason} (until ${expires}, ${owner}, ${bug})`);
  return { kind: 'external', status: 'accepted', justification };
}
