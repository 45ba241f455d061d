import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCheck, ruleConformance } from '../results/conformance.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';

/**
 * TAP 14. An inconclusive target ends with `Bail out!`, which no consumer takes for success. Of several targets each is a
 * subtest: one that is inconclusive is `not ok`, since a bail-out would end the document.
 */
export function tapDocument(...all: readonly Results[]): string {
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0)
    return `${['TAP version 14', ...targetLines(only), ...bailOut(only)].join('\n')}\n`;
  const subtests = all.flatMap((results, index) => {
    const lines = targetLines(results);
    const name = escapeTap(plainLine(results.target.name));
    const isGreen = bailOut(results).length === 0 && !lines.some(isRed);
    const point = `${isGreen ? 'ok' : 'not ok'} ${index + 1} - ${name}`;
    return [`# Subtest: ${name}`, ...lines.map((line) => `    ${line}`), point];
  });
  return `${['TAP version 14', `1..${all.length}`, ...subtests].join('\n')}\n`;
}

const isRed = (line: string) => line.startsWith('not ok ') && !/ # TODO /.test(line);

function targetLines(results: Results): string[] {
  const checks = everyCheck(results);
  const provider = providerOf(results);
  return [
    `1..${checks.length}`,
    `# target: ${plainLine(results.target.name)}`,
    ...(provider === undefined ? [] : [`# provider: ${provider}`]),
    ...checks.flatMap((check, index) => testPoint(index + 1, check)),
    `# conformance: ${results.conformance}`,
  ];
}

function bailOut(results: Results): string[] {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  return conformance === 'inconclusive' ? [`Bail out! inconclusive: ${plainLine(because.join('; '))}`] : [];
}

function testPoint(number: number, check: JudgedCheck): string[] {
  const name = escapeTap(plainLine(`${check.id}: ${check.title}`));
  const reason = plainLine(reasonOf(check));
  const verdict = reportedVerdict(check);
  if (check.waiver?.state === 'expected') return [`not ok ${number} - ${name} # TODO ${reason}`, ...diagnostics(check)];
  if (verdict === 'pass') return [`ok ${number} - ${name}`];
  if (verdict === 'fail' || verdict === 'error') return [`not ok ${number} - ${name}`, ...diagnostics(check)];
  return [`ok ${number} - ${name} # SKIP ${reason}`, ...diagnostics(check)];
}

function diagnostics(check: JudgedCheck): string[] {
  const fields = { message: reasonOf(check), ...rdcFields(check) };
  const lines = Object.entries(fields).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return ['  ---', ...lines, '  ...'];
}

function escapeTap(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}
