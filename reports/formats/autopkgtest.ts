import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCase } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';

/**
 * Targets as the summary that `autopkgtest --summary-file` writes: a line per check, `NAME  PASS`, `FAIL why` or
 * `SKIP why`. FLAKY is not used: autopkgtest takes it for a skip, and a failure here stays one.
 * Source: adtlog.py (`report`) and testdesc.py of autopkgtest 5.28.
 */
export function autopkgtestSummary(...all: readonly Results[]): string {
  return all.flatMap((results) => everyCase(results).map((check) => lineOf(check, all.length > 1 && results))).join('');
}

/** Of several targets, a test is called after its target too. */
function lineOf(check: JudgedCheck, results: Results | false): string {
  const prefix = results ? `${plainLine(results.target.name).replace(/[^A-Za-z0-9.+-]/g, '-')}.` : '';
  return `${`${prefix}${check.id}`.padEnd(20)} ${outcome(check)}\n`;
}

function outcome(check: JudgedCheck): string {
  const reason = plainLine(reasonOf(check), 4_000);
  const verdict = reportedVerdict(check);
  if (verdict === 'pass') return 'PASS';
  if (verdict === 'skip' || verdict === 'blocked') return `SKIP ${reason}`;
  return verdict === 'error' ? `FAIL error: ${reason}` : `FAIL ${reason}`;
}
