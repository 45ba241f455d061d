import { ruleConformance } from './conformance.ts';
import { everyCheck } from './every-check.ts';
import { plainLine } from './plain-text.ts';
import type { JudgedCheck, Results } from './results.schema.ts';
import { reasonOf, reportedVerdict } from './verdict-words.ts';

/** One target as TAP 14. An inconclusive target ends with `Bail out!`, which no consumer takes for success. */
export function tapDocument(results: Results): string {
  const checks = everyCheck(results);
  const lines = ['TAP version 14', `1..${checks.length}`, `# target: ${plainLine(results.target.name)}`];
  for (const [index, check] of checks.entries()) lines.push(...testPoint(index + 1, check));
  lines.push(`# conformance: ${results.conformance}`);
  const { conformance, because } = ruleConformance(results, results.run.gate);
  if (conformance === 'inconclusive') lines.push(`Bail out! inconclusive: ${plainLine(because.join('; '))}`);
  return `${lines.join('\n')}\n`;
}

function testPoint(number: number, check: JudgedCheck): string[] {
  const name = escapeTap(plainLine(`${check.id}: ${check.title}`));
  const reason = reasonOf(check);
  if (check.waiver?.state === 'expected') return [`not ok ${number} - ${name} # TODO ${plainLine(reason)}`];
  if (reportedVerdict(check) === 'pass') return [`ok ${number} - ${name}`];
  if (check.verdict === 'skip' || check.verdict === 'blocked') {
    return [`ok ${number} - ${name} # SKIP ${plainLine(reason)}`];
  }
  return [`not ok ${number} - ${name}`, ...diagnostics(check, reason)];
}

// JSON strings are YAML strings, whatever they hold.
function diagnostics(check: JudgedCheck, reason: string): string[] {
  const fields = {
    verdict: check.verdict,
    level: check.level,
    message: reason,
    remedy: check.remedy,
    source: check.source?.url,
  };
  const lines = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${JSON.stringify(value)}`],
  );
  return ['  ---', ...lines, '  ...'];
}

function escapeTap(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}
