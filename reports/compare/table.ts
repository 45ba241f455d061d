import { plainLine } from '../../harness/messages/plain-text.ts';
import { type Style, verdictWords } from '../wording/style.ts';
import { countsText, providerAndKernel } from '../wording/verdict-words.ts';
import { rowsByChange, type ShownChange, shownWords } from './change.ts';
import { type Cell, type CheckRow, type Comparison, mixedProviders } from './compare.ts';

const shownColumns = 12;
const shownFacts = 25;

export function comparisonTable(comparison: Comparison, style: Style): string {
  const { columns, checks } = comparison;
  const differing = rowsByChange(checks, columns);
  const what = differing.map(([change, rows]) => `${rows.length} ${change}`).join(', ') || 'no verdict differs';
  const sections = [
    columnLines(comparison, style),
    ...differing.map((group) => changeSection(comparison, group, style)),
    factSection(comparison, style),
    `${columns.length} results, ${checks.length} checks: ${what}`,
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function columnLines(comparison: Comparison, style: Style): string {
  const { columns } = comparison;
  const shown = columns.slice(0, shownColumns).map((column, index) => {
    const { label, sentence, ledger, base, distribution, engine } = column;
    const role = base === index ? '' : `, compared with ${letter(base)}`;
    const versions = [distribution, engine && `Docker ${engine}`, providerAndKernel(column)].filter(Boolean).join(', ');
    const about = `${countsText(ledger)}${versions && `; ${versions}`}`;
    return style.line(`${letter(index)}  `, `${plainLine(label)}${role}: ${sentence} (${about})`);
  });
  if (columns.length > shownColumns) shown.push(`   and ${columns.length - shownColumns} more (--html shows all)`);
  const mixed = mixedProviders(comparison);
  if (mixed !== undefined) shown.push(style.line('', mixed));
  return shown.join('\n');
}

function changeSection({ columns }: Comparison, [change, rows]: [ShownChange, CheckRow[]], style: Style): string {
  const title = style.bold(`${change} (${rows.length}): ${shownWords[change]}`);
  // a check that one of the two never had is no finding about a host: its name is enough
  if (['gone', 'new', 'missing', 'only here'].includes(change))
    return `${title}\n${style.wrap(rows.map(({ id }) => id).join(', '), '  ')}`;
  // what fails comes first: it is what somebody acts on
  const urgent = rows.toSorted((one, other) => Number(isFailing(other)) - Number(isFailing(one)));
  return [title, ...urgent.flatMap((row) => rowLines(row, columns.length, style))].join('\n');
}

function rowLines(row: CheckRow, columns: number, style: Style): string[] {
  const cells = row.cells.slice(0, shownColumns).map((cell, index) => `${letter(index)} ${cellText(cell, style)}`);
  const reason = row.cells.find((cell) => cell !== null && cell.verdict !== 'pass')?.reason;
  const details = [
    ['why', reason && plainLine(reason, 200)],
    ['to do', isFailing(row) && row.remedy !== undefined ? plainLine(row.remedy) : undefined],
    ...row.explanations.map(({ fact, values, why }) => ['perhaps', factText(fact, values) + (why ? ` (${why})` : '')]),
  ];
  return [
    `  ${row.id.padEnd(18)} ${cells.join('  ')}${columns > shownColumns ? '  …' : ''}`,
    style.line('    ', style.dim(plainLine(row.title))),
    ...details.flatMap(([label = '', text]) => (text ? [style.line(`    ${label.padEnd(9)}`, text)] : [])),
  ];
}

function isFailing({ cells }: CheckRow): boolean {
  return cells.some((cell) => cell?.verdict === 'fail');
}

function cellText(cell: Cell | null, style: Style): string {
  if (cell === null) return '-';
  return `${style.verdict(cell.verdict, cell.finding ?? verdictWords[cell.verdict])}${cell.flaky ? ' (flaky)' : ''}`;
}

function factSection({ facts }: Comparison, style: Style): string {
  if (facts.length === 0) return '';
  const lines = facts.slice(0, shownFacts).flatMap(({ fact, values, cause, why }) => {
    const because = cause === undefined ? [] : [style.line('    because  ', `${cause}: ${why}`)];
    return [style.line('  ', factText(fact, values)), ...because];
  });
  if (facts.length > shownFacts) lines.push(`  and ${facts.length - shownFacts} more (--json or --html shows all)`);
  return [style.bold(`facts that differ (${facts.length})`), ...lines].join('\n');
}

/** Each value once, with the columns that have it: `host.systemdVersion: 247 (A) · 252 (B, C)`. */
function factText(fact: string, values: readonly (string | null)[]): string {
  const byValue = Map.groupBy(values.keys(), (index) => values[index] ?? 'not there');
  const texts = [...byValue].map(([text, columns]) => `${short(text)} (${listed(columns.map(letter))})`);
  return `${fact}: ${texts.join(' · ')}`;
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
