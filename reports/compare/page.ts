import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Eta } from 'eta';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { levels } from '../../harness/verdicts/verdict.ts';
import { readEvidence } from '../results/read-evidence.ts';
import { type Comparison, mixedProviders } from './compare.ts';
import { type Evidence, pageData } from './page-data.ts';
import { changesOf, factRows, fleetOf, headOf, redRows, shownHosts, titleOf, usefulGroupings } from './page-model.ts';

const readText = (file: URL) => readFileSync(file, 'utf8');
const script = readText(new URL('page.script.js', import.meta.url));
const style = [new URL('page.css', import.meta.url), new URL('page-table.css', import.meta.url)]
  .map(readText)
  .join('\n');

// Markup is escaped by the library; marks that reorder or hide text are dropped before, so a page reads as it is.
const eta = new Eta({ views: import.meta.dirname });
const { escapeFunction } = eta.config;
eta.configure({ escapeFunction: (value) => escapeFunction(plainText(String(value), 10_000)) });

/** One self-contained page. The template escapes all that it is given, and the policy lets only our own script run. */
export function comparisonPage(comparison: Comparison, evidence: Evidence): string {
  const { checks, counts, columns } = comparison;
  const digest = createHash('sha256').update(script).digest('base64');
  const isFleet = columns.length > shownHosts;
  const groupingNames = usefulGroupings(columns);
  const red = redRows(comparison);
  return eta.render('./page', {
    policy: `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    style,
    script,
    title: titleOf(comparison),
    data: pageData(comparison, evidence),
    checks: checks.length,
    same: counts.same,
    mixed: mixedProviders(comparison) ?? '',
    changes: changesOf(comparison),
    isFleet,
    heads: isFleet ? [] : columns.map((column, index) => headOf(column, columns, index)),
    fleet: isFleet ? fleetOf(comparison, groupingNames[0] ?? 'all') : undefined,
    red: red.slice(0, 5),
    more: red.slice(5, 60),
    levels: levels.filter((level) => checks.some((check) => check.level === level)),
    areas: [...new Set(checks.map(({ area }) => area))],
    groupings: groupingNames,
    labels: columns.map(({ label }) => plainLine(label, 60)),
    facts: factRows(comparison),
  });
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
