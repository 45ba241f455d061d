import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCheck, ruleConformance } from '../results/conformance.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';

/** One target as TAP 14. An inconclusive target ends with `Bail out!`, which no consumer takes for success. */
export function tapDocument(results: Results): string {
  const checks = everyCheck(results);
  const lines = ['TAP version 14', `1..${checks.length}`, `# target: ${plainLine(results.target.name)}`];
  const provider = providerOf(results);
  if (provider !== undefined) lines.push(`# provider: ${provider}`);
  lines.push(...checks.flatMap((check, index) => testPoint(index + 1, check)), `# conformance: ${results.conformance}`);
  const { conformance, because } = ruleConformance(results, results.run.gate);
  if (conformance === 'inconclusive') lines.push(`Bail out! inconclusive: ${plainLine(because.join('; '))}`);
  return `${lines.join('\n')}\n`;
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
