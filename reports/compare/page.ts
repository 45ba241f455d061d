import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Eta } from 'eta';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { countsText, providerAndKernel } from '../wording/verdict-words.ts';
import { changesByWeight, changeWords } from './change.ts';
import { type Cell, type CheckRow, type Column, type Comparison, mixedProviders } from './compare.ts';

const script = readFileSync(new URL('page.script.js', import.meta.url), 'utf8');
const style = readFileSync(new URL('page.css', import.meta.url), 'utf8');

type Evidence = Readonly<Record<string, string>>;

/**
 * One self-contained page: hosts as columns, checks as rows. The template escapes all that it is given, so that nothing
 * a target said can become markup, and the page's policy lets only our own script run. `evidence` is by `row.column`.
 */
export function comparisonPage(comparison: Comparison, evidence: Evidence): string {
  const { checks, counts, columns, facts } = comparison;
  return createTemplates().render('./page', {
    policy: policy(),
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
    areas: areasOf(checks, evidence),
    facts: facts.map(({ fact, values, cause, why }) => ({
      fact,
      values,
      because: cause === undefined ? '' : `because of ${cause}: ${why ?? ''}`,
    })),
  });
}

/** Markup is escaped by the library; marks that reorder or hide text are dropped before, so a page reads as it is. */
function createTemplates(): Eta {
  const eta = new Eta({ views: import.meta.dirname });
  const { escapeFunction } = eta.config;
  eta.configure({ escapeFunction: (value) => escapeFunction(plainLine(String(value), 10_000)) });
  return eta;
}

function policy(): string {
  const digest = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

/** What the script shows in the dialog. HTML does not unescape text of a script, so none may hold what could end it. */
function pageData({ checks, columns }: Comparison, evidence: Evidence): string {
  const data = { rows: checks.map(detailsOf), columns: columns.map(({ label }) => label), evidence };
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function detailsOf({ id, title, remedy, cells, explanations }: CheckRow) {
  return {
    id,
    title,
    remedy: remedy ?? '',
    reasons: cells.map((cell) => (cell === null ? 'this run does not have the check' : cell.reason)),
    explanations: explanations.map(({ fact, values, why }) => ({ fact, values, why: why ?? '' })),
  };
}

function columnHead(column: Column) {
  const { label, conformance, ledger, runId } = column;
  const how = providerAndKernel(column);
  return { label: plainLine(label, 80), conformance, how, title: `run ${runId}: ${countsText(ledger)}` };
}

function areasOf(checks: readonly CheckRow[], evidence: Evidence) {
  const rows = checks.map((row, index) => ({
    ...row,
    text: `${row.id} ${row.title}`.toLowerCase(),
    cells: row.cells.map((cell, column) => {
      const place = `${index}.${column}`;
      return checkCell(cell, place, place in evidence || row.change !== 'same');
    }),
  }));
  return [...Map.groupBy(rows, ({ area }) => area)].map(([area, rows]) => ({ area, rows }));
}

/** A plain pass is text; whatever has something to say is a button that says it, by its place. */
function checkCell(cell: Cell | null, place: string, hasMore: boolean) {
  if (cell === null) return { verdict: 'absent', word: 'not there', place: null };
  const { verdict, finding, flaky } = cell;
  const word = `${finding ?? verdict}${flaky ? ' (flaky)' : ''}`;
  return { verdict, word, place: verdict === 'pass' && !hasMore ? null : place };
}
