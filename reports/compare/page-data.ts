import { plainLine } from '../../harness/messages/plain-text.ts';
import { type EvidenceEntry, evidenceEntries } from '../../harness/verdicts/evidence-entries.ts';
import { shownChangeOf, shownChangesOf } from './change.ts';
import type { Comparison } from './compare.ts';
import { aboutOf, groupings, shownHosts, sourceOf, usefulGroupings } from './page-model.ts';

export type Evidence = Readonly<Record<string, string>>;

/** What the script of the page shows: each text once, since two hundred hosts say much the same. */
export function pageData(comparison: Comparison, evidence: Evidence): string {
  const { checks, columns, facts } = comparison;
  const texts = new Map<string, number>();
  const textIndex = (text: string) => {
    if (!texts.has(text)) texts.set(text, texts.size);
    return texts.get(text);
  };
  const rows = checks.map((row) => ({
    id: row.id,
    area: row.area,
    level: row.level,
    title: row.title,
    remedy: row.remedy ?? '',
    source: sourceOf(row),
    change: shownChangeOf(row, columns),
    changes: shownChangesOf(row.changes, columns).map(textIndex),
    verdicts: row.cells.map((cell) => textIndex(cell === null ? 'not there' : wordOf(cell))),
    kinds: row.cells.map((cell) => textIndex(cell?.verdict ?? 'absent')),
    reasons: row.cells.map((cell) => textIndex(cell === null ? 'this run does not have the check' : cell.reason)),
    explanations: row.explanations.map(({ fact, why = '' }) => ({ fact, why })),
  }));
  const explained = new Set(checks.flatMap(({ explanations }) => explanations.map(({ fact }) => fact)));
  const values = facts.filter(({ fact }) => explained.has(fact)).map(({ fact, values }) => [fact, values] as const);
  return scriptJson({
    rows,
    texts: [...texts.keys()],
    facts: Object.fromEntries(values),
    isFleet: columns.length > shownHosts,
    columns: columns.map((column) => ({ label: plainLine(column.label, 80), about: aboutOf(column) })),
    groups: Object.fromEntries(usefulGroupings(columns).map((name) => [name, columns.map(groupings[name])])),
    evidence: Object.fromEntries(Object.entries(evidence).map(([place, text]) => [place, entriesOf(text)])),
  });
}

function wordOf({ verdict, finding, flaky }: { verdict: string; finding?: string; flaky?: boolean }): string {
  return `${finding ?? verdict}${flaky ? ' (flaky)' : ''}`;
}

function entriesOf(text: string): Pick<EvidenceEntry, 'by' | 'text' | 'output' | 'end'>[] {
  return evidenceEntries(text).map(({ durationMs: _, ...entry }) => entry);
}

/** HTML does not unescape text of a script, so none may hold what could end it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
