import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Eta } from 'eta';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { readEvidence } from '../results/read-evidence.ts';
import { countsText, providerAndKernel } from '../wording/verdict-words.ts';
import { changesByWeight, changeWords } from './change.ts';
import { type Cell, type CheckRow, type Column, type Comparison, mixedProviders } from './compare.ts';

const script = readFileSync(new URL('page.script.js', import.meta.url), 'utf8');
const style = readFileSync(new URL('page.css', import.meta.url), 'utf8');

type Evidence = Readonly<Record<string, string>>;

// Markup is escaped by the library; marks that reorder or hide text are dropped before, so a page reads as it is.
const eta = new Eta({ views: import.meta.dirname });
const { escapeFunction } = eta.config;
eta.configure({ escapeFunction: (value) => escapeFunction(plainLine(String(value), 10_000)) });

/** One self-contained page. The template escapes all that it is given, and the policy lets only our own script run. */
export function comparisonPage(comparison: Comparison, evidence: Evidence): string {
  const { checks, counts, columns, facts } = comparison;
  const digest = createHash('sha256').update(script).digest('base64');
  return eta.render('./page', {
    policy: `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    style,
    script,
    data: pageData(comparison, evidence),
    checks: checks.length,
    same: counts.same,
    mixed: mixedProviders(comparison) ?? '',
    changes: changesByWeight
      .filter((change) => change !== 'same' && counts[change] > 0)
      .map((change) => ({ change, count: counts[change], words: changeWords[change] })),
    columns: columns.map(columnHead),
    areas: Map.groupBy(rowsOf(checks, evidence), ({ area }) => area),
    facts,
  });
}

/** What the script shows in the dialog. HTML does not unescape text of a script, so none may hold what could end it. */
function pageData({ checks, columns }: Comparison, evidence: Evidence): string {
  const rows = checks.map(({ id, title, remedy = '', cells, explanations }) => ({
    id,
    title,
    remedy,
    reasons: cells.map((cell) => (cell === null ? 'this run does not have the check' : cell.reason)),
    explanations: explanations.map(({ fact, values, why = '' }) => ({ fact, values, why })),
  }));
  return JSON.stringify({ rows, columns: columns.map(({ label }) => label), evidence }).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function columnHead(column: Column) {
  const { label, conformance, ledger, runId } = column;
  const how = providerAndKernel(column);
  return { label: plainLine(label, 80), conformance, how, title: `run ${runId}: ${countsText(ledger)}` };
}

function rowsOf(checks: readonly CheckRow[], evidence: Evidence) {
  return checks.map((row, index) => ({
    ...row,
    text: `${row.id} ${row.title}`.toLowerCase(),
    cells: row.cells.map((cell, column) => {
      const place = `${index}.${column}`;
      return checkCell(cell, place, place in evidence || row.change !== 'same');
    }),
  }));
}

function checkCell(cell: Cell | null, place: string, hasMore: boolean) {
  if (cell === null) return { verdict: 'absent', word: 'not there', place: null };
  const { verdict, finding, flaky } = cell;
  const word = `${finding ?? verdict}${flaky ? ' (flaky)' : ''}`;
  return { verdict, word, place: verdict === 'pass' && !hasMore ? null : place };
}

const maxChars = 6_000;
const maxTotalChars = 8_000_000;

/** The evidence of every verdict that differs from its base or is red; bounded, since it all goes into one page. */
export function differingEvidence({ checks }: Comparison, folders: readonly string[]): Evidence {
  const texts: Record<string, string> = {};
  let total = 0;
  for (const [row, { cells, changes }] of checks.entries()) {
    for (const [column, cell] of cells.entries()) {
      const isOfInterest = cell?.verdict === 'fail' || cell?.verdict === 'error' || changes[column] !== 'same';
      if (cell?.evidence === undefined || !isOfInterest || total > maxTotalChars) continue;
      // a results file may have travelled without its folder
      const evidence = readEvidence(folders[column] ?? '', cell.evidence);
      if (evidence === undefined) continue;
      const text = plainText(evidence, maxChars);
      texts[`${row}.${column}`] = text;
      total += text.length;
    }
  }
  return texts;
}
