import { Eta } from 'eta';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { everyCase } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';

const eta = new Eta({ views: import.meta.dirname, cache: true, escapeFunction: (value) => escapeXml(String(value)) });

/** One target as JUnit XML: a suite per area, a case per check; what was never judged is an error, not an absence. */
export function junitXml(results: Results): string {
  const { run, target, conformance } = results;
  const checks = everyCase(results);
  return eta.render('./junit', {
    target: plainLine(target.name),
    timestamp: plainLine(run.startedAt),
    properties: Object.entries(
      present({ target: plainText(target.name), provider: providerOf(results), run: plainText(run.id), conformance }),
    ),
    counts: countsOf(checks),
    suites: [...Map.groupBy(checks, ({ area }) => area)].map(([area, ofArea]) => ({
      area: plainLine(area),
      counts: countsOf(ofArea),
      cases: ofArea.map(testCase),
    })),
  });
}

const elements = { pass: '', fail: 'failure', error: 'error', skip: 'skipped', blocked: 'skipped' } as const;

function testCase(check: JudgedCheck) {
  const { id, title, durationMs, waiver, finding } = check;
  const verdict = reportedVerdict(check);
  return {
    name: `${id}: ${plainLine(title)}`,
    time: seconds(durationMs),
    fields: Object.entries(rdcFields(check)),
    element: elements[verdict],
    type: verdict === 'fail' ? (waiver?.state ?? finding ?? 'fail') : 'error',
    reason: reasonOf(check),
  };
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
