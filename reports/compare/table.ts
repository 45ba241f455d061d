import { plainLine } from '../../harness/messages/plain-text.ts';
import { type Style, verdictWords } from '../wording/style.ts';
import { countsText, providerAndKernel } from '../wording/verdict-words.ts';
import { type Change, changesByWeight, changeWords } from './change.ts';
import { type Cell, type CheckRow, type Comparison, mixedProviders } from './compare.ts';

const shownColumns = 12;
const shownFacts = 25;

/** For a terminal: what differs, grouped by what became of it, with the facts that may explain it and the remedy. */
export function comparisonTable(comparison: Comparison, style: Style): string {
  const differing = changesByWeight.filter((change) => change !== 'same' && comparison.counts[change] > 0);
  const sections = differing.map((change) => changeSection(comparison, change, style));
  return [columnLines(comparison), ...sections, factSection(comparison, style), conclusion(comparison)]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
}

function columnLines(comparison: Comparison): string {
  const { columns } = comparison;
  const shown = columns.slice(0, shownColumns).map((column, index) => {
    const { label, conformance, ledger, base } = column;
    const role = base === index ? '' : `, compared with ${letter(base)}`;
    const how = providerAndKernel(column);
    return `${letter(index)}  ${plainLine(label)}: ${conformance} (${countsText(ledger)})${role}${how && `; ${how}`}`;
  });
  const more = columns.length > shownColumns ? [`   and ${columns.length - shownColumns} more (--html shows all)`] : [];
  const mixed = mixedProviders(comparison);
  return [...shown, ...more, ...(mixed === undefined ? [] : [mixed])].join('\n');
}

function changeSection({ checks, columns }: Comparison, change: Change, style: Style): string {
  const rows = checks.filter((row) => row.change === change);
  const title = style.bold(`${change} (${rows.length}): ${changeWords[change]}`);
  // a check that one of the two never had is no finding about a host: its name is enough
  if (change === 'gone' || change === 'new')
    return `${title}\n${style.wrap(rows.map(({ id }) => id).join(', '), '  ')}`;
  return [title, ...rows.map((row) => rowLines(row, columns.length, style))].join('\n');
}

function rowLines(row: CheckRow, columns: number, style: Style): string {
  const cells = row.cells.slice(0, shownColumns).map((cell, index) => `${letter(index)} ${cellText(cell, style)}`);
  const lines = [`  ${row.id.padEnd(18)} ${cells.join('  ')}${columns > shownColumns ? '  …' : ''}`];
  lines.push(style.line('    ', style.dim(plainLine(row.title))));
  const reason = row.cells.find((cell) => cell !== null && cell.verdict !== 'pass')?.reason;
  if (reason) lines.push(style.line('    why      ', plainLine(reason, 200)));
  for (const { fact, values, why } of row.explanations) {
    const because = why === undefined ? '' : ` (${why})`;
    lines.push(style.line('    perhaps  ', `${fact}: ${valuesText(values)}${because}`));
  }
  if (row.remedy !== undefined && row.cells.some((cell) => cell?.verdict === 'fail')) {
    lines.push(style.line('    to do    ', plainLine(row.remedy)));
  }
  return lines.join('\n');
}

function cellText(cell: Cell | null, style: Style): string {
  if (cell === null) return '-';
  return `${style.verdict(cell.verdict, cell.finding ?? verdictWords[cell.verdict])}${cell.flaky ? ' (flaky)' : ''}`;
}

function factSection({ facts }: Comparison, style: Style): string {
  if (facts.length === 0) return '';
  const lines = facts.slice(0, shownFacts).flatMap(({ fact, values, cause, why }) => {
    const because = cause === undefined ? [] : [style.line('    because  ', `${cause}: ${why}`)];
    return [style.line('  ', `${fact}: ${valuesText(values)}`), ...because];
  });
  const more =
    facts.length > shownFacts ? [`  and ${facts.length - shownFacts} more (--json or --html shows all)`] : [];
  return [style.bold(`facts that differ (${facts.length})`), ...lines, ...more].join('\n');
}

function conclusion({ counts, columns, checks }: Comparison): string {
  const differing = changesByWeight.filter((change) => change !== 'same' && counts[change] > 0);
  const what = differing.map((change) => `${counts[change]} ${change}`).join(', ') || 'no verdict differs';
  return `${columns.length} results, ${checks.length} checks: ${what}`;
}

/** Each value once, with the columns that have it: `247 (A) · 252 (B, C)`. */
function valuesText(values: readonly (string | null)[]): string {
  const columns = new Map<string, string[]>();
  for (const [index, value] of values.entries()) {
    const text = value ?? 'not there';
    columns.set(text, [...(columns.get(text) ?? []), letter(index)]);
  }
  return [...columns].map(([text, letters]) => `${short(text)} (${listed(letters)})`).join(' · ');
}

function short(value: string): string {
  return value.length > 72 ? `${value.slice(0, 71)}…` : value;
}

function listed(letters: readonly string[]): string {
  return letters.length > 6 ? `${letters.slice(0, 5).join(', ')} and ${letters.length - 5} more` : letters.join(', ');
}

/** Columns are A, B, ... Z, A1, B1, ... in the table. */
function letter(index: number): string {
  const round = Math.floor(index / 26);
  return `${String.fromCharCode(65 + (index % 26))}${round === 0 ? '' : round}`;
}
