import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { levels } from '../../harness/verdicts/verdict.ts';
import { countsText, pageAddress, providerAndKernel } from '../wording/verdict-words.ts';
import { rowsByChange, shownWords } from './change.ts';
import type { Cell, CheckRow, Column, Comparison } from './compare.ts';

/** With more results than this a page shows groups of hosts, and a map of all. */
export const shownHosts = 12;

/** What the columns of a large comparison can be made of, the first that tells hosts apart. */
export const groupings = {
  distribution: ({ distribution }: Column) => distribution ?? 'distribution not known',
  kernel: ({ kernel }: Column) => kernel ?? 'kernel not known',
  Docker: ({ engine }: Column) => engine ?? 'version not known',
  provider: ({ provider }: Column) => provider ?? 'a host of its own',
  all: () => 'all hosts',
} as const satisfies Record<string, (column: Column) => string>;

export type Grouping = keyof typeof groupings;

export function usefulGroupings(columns: readonly Column[]): Grouping[] {
  const size = (name: Grouping) => new Set(columns.map(groupings[name])).size;
  return (Object.keys(groupings) as Grouping[]).filter(
    (name) => name === 'all' || (size(name) > 1 && size(name) <= 24),
  );
}

export function titleOf({ columns }: Comparison): string {
  const names = new Set(columns.map(({ target }) => plainLine(target, 60)));
  if (names.size === 1) return `Rootless Docker on ${[...names][0]}: ${columns.length} runs`;
  return columns.length > shownHosts
    ? `Rootless Docker on ${columns.length} hosts`
    : `Rootless Docker: ${columns.map(({ label }) => plainLine(label, 60)).join(', ')}`;
}

export function headOf(column: Column, all: readonly Column[], index: number) {
  const { sentence, conformance, base, ledger, runId } = column;
  const role = base === index ? '' : `compared with ${plainLine(all[base]?.label ?? '', 80)}`;
  return { sentence, conformance, about: `${aboutOf(column)} · ${countsText(ledger)} · run ${runId}`, role };
}

/** e.g. `Debian 13 · Docker 26.1.5 · libvirt (a VM), kernel 6.12 · 2026-11-30 17:48 UTC`. */
export function aboutOf(column: Column): string {
  const { distribution, engine, startedAt } = column;
  const day = `${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const parts = [distribution, engine && `Docker ${engine}`, providerAndKernel(column), day];
  return parts.filter(Boolean).join(' · ');
}

export function changesOf({ checks, columns }: Comparison) {
  return rowsByChange(checks, columns).map(([change, rows]) => ({
    change,
    count: rows.length,
    words: shownWords[change],
  }));
}

function isRedCell(cell: Cell | null | undefined): boolean {
  return cell?.verdict === 'fail' || cell?.verdict === 'error';
}

/** What a maintainer acts on, the most urgent first: why and where, the facts that tell red from green, what to do. */
export function redRows({ checks, columns }: Comparison) {
  const labels = columns.map(({ label }) => plainLine(label, 60));
  const red = checks.filter(({ cells }) => cells.some(isRedCell));
  const count = ({ cells }: CheckRow) => cells.filter(isRedCell).length;
  const byUrgency = red.toSorted((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level) || count(b) - count(a));
  return byUrgency.map((row) => ({
    id: row.id,
    level: row.level,
    title: plainLine(row.title),
    remedy: row.remedy === undefined ? '' : plainText(row.remedy, 1_500),
    source: sourceOf(row),
    reasons: reasonsOf(row, labels),
    separates: row.explanations.slice(0, columns.length > 2 ? 2 : 1).map((explanation) => separation(explanation, row)),
  }));
}

export function sourceOf({ source }: Pick<CheckRow, 'source'>) {
  const href = source && pageAddress(source.url);
  return href ? { href, section: plainLine(source.section) || href } : null;
}

function reasonsOf({ cells }: CheckRow, labels: readonly string[]) {
  const red = [...cells.keys()].filter((index) => isRedCell(cells[index]));
  const groups = [...Map.groupBy(red, (index) => cells[index]?.reason ?? '')];
  const shown = groups.toSorted((a, b) => b[1].length - a[1].length).slice(0, 3);
  return shown.map(([reason, hosts]) => ({ hosts: listed(hosts, labels), why: plainLine(reason, 300) }));
}

function separation({ fact, values, why }: CheckRow['explanations'][number], { cells }: CheckRow): string {
  const known = [...cells.keys()].filter((index) => cells[index] !== null);
  const parts = [...Map.groupBy(known, (index) => values[index] ?? 'not there')].slice(0, 8).map(([value, hosts]) => {
    const red = hosts.filter((index) => isRedCell(cells[index])).length;
    return `${plainLine(value, 60)}: ${red} of ${hosts.length} red`;
  });
  return `${fact} may tell them apart (${parts.join('; ')})${why === undefined ? '' : `: ${why}`}`;
}

function listed(indexes: readonly number[], labels: readonly string[]): string {
  const shown = indexes.slice(0, 4).map((index) => labels[index] ?? '');
  const more = indexes.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function factRows({ facts, columns }: Comparison) {
  const labels = columns.map(({ label }) => plainLine(label, 60));
  return facts.map(({ fact, values, cause, why }) => ({
    fact,
    cause,
    why,
    values: [...Map.groupBy(values.keys(), (index) => values[index] ?? 'not there')]
      .slice(0, 30)
      .map(([value, hosts]) => ({
        value,
        hosts: listed(hosts, labels),
      })),
  }));
}

/** Hosts by their group, with the number of red checks in each area. */
export function fleetOf({ checks, columns }: Comparison, grouping: Grouping) {
  const areas = [...new Set(checks.map(({ area }) => area))];
  const byArea = Map.groupBy(checks, ({ area }) => area);
  const hosts = columns.map((column, index) => {
    const reds = areas.map((area) => {
      const red = byArea.get(area)?.filter(({ cells }) => isRedCell(cells[index])).length ?? 0;
      return { area, red, heat: red > 9 ? 4 : red > 4 ? 3 : red > 1 ? 2 : 1 };
    });
    const { sentence, conformance } = column;
    return {
      index,
      label: plainLine(column.label, 60),
      sentence,
      conformance,
      reds,
      group: groupings[grouping](column),
    };
  });
  const sum = (reds: (typeof hosts)[number]['reds']) => reds.reduce((total, { red }) => total + red, 0);
  const ordered = hosts.toSorted((a, b) => sum(b.reds) - sum(a.reds) || a.label.localeCompare(b.label));
  const groups = [...Map.groupBy(ordered, ({ group }) => group)].toSorted(([a], [b]) => a.localeCompare(b));
  return { areas, groups, sentence: fleetSentence(columns) };
}

function fleetSentence(columns: readonly Column[]): string {
  const count = (conformance: Column['conformance']) => columns.filter((one) => one.conformance === conformance).length;
  const [good, bad, open] = [count('conformant'), count('non-conformant'), count('inconclusive')];
  const parts = [
    `${good} of ${columns.length} hosts conform`,
    bad > 0 && `${bad} do not`,
    open > 0 && `${open} are inconclusive`,
  ];
  return `${parts.filter(Boolean).join(', ')}.`;
}
