import { Eta } from 'eta';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { everyCase } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';

const eta = new Eta({ views: import.meta.dirname, cache: true, escapeFunction: (value) => escapeXml(String(value)) });

/**
 * JUnit XML: a suite per target and area, a case per check; what was never judged is an error, not an absence. openQA
 * wants `id` and `package` of a suite, `status` and `system-out` of a case; Jenkins shows the failure's text.
 */
export function junitXml(...all: readonly Results[]): string {
  const names = all.map(({ target }) => plainLine(target.name));
  const suites = all.flatMap(suitesOf).map((suite, id) => ({ id, ...suite }));
  return eta.render('./junit', { name: `rdc ${names.join(', ')}`, counts: countsOf(all.flatMap(everyCase)), suites });
}

function suitesOf(results: Results) {
  const { run, target, conformance } = results;
  const name = plainLine(target.name);
  const ofTarget = {
    target: name,
    timestamp: plainLine(run.startedAt),
    properties: Object.entries(
      present({ target: plainText(target.name), provider: providerOf(results), run: plainText(run.id), conformance }),
    ),
  };
  return [...Map.groupBy(everyCase(results), ({ area }) => area)].map(([area, ofArea]) => ({
    ...ofTarget,
    area: plainLine(area),
    // up to the first dot it is openQA's category, behind it the name of the test
    package: `${name.replaceAll('.', '_')}.${plainLine(area)}`,
    counts: countsOf(ofArea),
    cases: ofArea.map(testCase),
  }));
}

/** Words of openQA's reader: skipped is "missing" there, error "unknown". */
const statuses = { pass: 'success', fail: 'failure', error: 'error', skip: 'skipped', blocked: 'skipped' } as const;

const elements = { pass: '', fail: 'failure', error: 'error', skip: 'skipped', blocked: 'skipped' } as const;

function testCase(check: JudgedCheck) {
  const { id, title, durationMs, waiver, finding } = check;
  const verdict = reportedVerdict(check);
  return {
    name: `${id}: ${plainLine(title)}`,
    time: seconds(durationMs),
    fields: Object.entries(rdcFields(check)),
    status: statuses[verdict],
    element: elements[verdict],
    type: verdict === 'fail' ? (waiver?.state ?? finding ?? 'fail') : 'error',
    reason: reasonOf(check),
    said: verdict === 'pass' ? '' : saidOf(check),
  };
}

/** For readers that show no properties. */
function saidOf(check: JudgedCheck): string {
  const { level, source, remedy } = check;
  const lines = [
    ['level', level],
    ['claim', plainLine(check.title)],
    ['found', reasonOf(check)],
    ['to do', remedy && plainText(remedy)],
    ['source', source && plainLine(`${source.url} (${source.section})`)],
  ];
  return lines.flatMap(([name, text]) => (text ? [`${name}: ${text}`] : [])).join('\n');
}

function countsOf(checks: readonly JudgedCheck[]): string {
  const count = (element: string) => checks.filter((check) => elements[reportedVerdict(check)] === element).length;
  const time = checks.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `tests="${checks.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds(time)}"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

function escapeXml(text: string): string {
  // XML 1.0 cannot express most control characters: they are dropped, and so is what reorders or hides text
  const writable = text.toWellFormed().replace(/(?![\t\n])[\p{Cc}\p{Cf}\ufffe\uffff]/gu, '');
  return writable.replace(/[&<>"'\n\t]/g, (character) => references[character] ?? '');
}
