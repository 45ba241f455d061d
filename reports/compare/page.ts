import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { element, type XmlElement, xmlDocument } from '../formats/xml.ts';
import { countsText } from '../wording/verdict-words.ts';
import { changesByWeight, changeWords } from './change.ts';
import type { Cell, CheckRow, Column, Comparison } from './compare.ts';

const script = readFileSync(new URL('page.script.js', import.meta.url), 'utf8');
const style = readFileSync(new URL('page.css', import.meta.url), 'utf8');

/**
 * One self-contained page: hosts as columns, checks as rows. It is XHTML made of elements, so that nothing a target
 * said can become markup, and its policy lets only our own script run. `evidence` is by `row.column`.
 */
export function comparisonPage(comparison: Comparison, evidence: Readonly<Record<string, string>>): string {
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy() }),
    element('title', {}, `Rootless Docker: ${comparison.columns.length} results compared`),
  );
  const body = element(
    'body',
    {},
    element('h1', {}, 'Rootless Docker, compared'),
    summary(comparison),
    filters(comparison),
    checkTable(comparison, evidence),
    element('h2', { id: 'facts' }, `Facts that differ (${comparison.facts.length})`),
    factTable(comparison),
    dialog(),
  );
  const html = element('html', { lang: 'en' }, head, body);
  const data = JSON.stringify({
    rows: comparison.checks.map(detailsOf),
    columns: comparison.columns.map((c) => c.label),
    evidence,
  });
  return withRawParts(xmlDocument(html), data);
}

/** Script, style and data are text that HTML does not unescape; `<` cannot occur in the data, the others are ours. */
function withRawParts(document: string, data: string): string {
  const page = document
    .replace(/^<\?xml[^\n]*\n/, '<!DOCTYPE html>\n')
    .replace(voidElements, '<$1$2>')
    .replace(emptyElements, '<$1$2></$1>');
  const safe = data.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const parts = `<script type="application/json" id="data">${safe}</script>\n<script>${script}</script>\n`;
  return page.replace('</head>', () => `<style>${style}</style></head>`).replace('</body>', () => `${parts}</body>`);
}

const voidElements = /<(meta|input)((?: [^<>]*)?)\/>/g;
const emptyElements = /<(\w+)((?: [^<>]*)?)\/>/g;

function policy(): string {
  const digest = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

function summary({ columns, counts, checks }: Comparison): XmlElement {
  const changes = changesByWeight
    .filter((change) => change !== 'same' && counts[change] > 0)
    .map((change) => element('li', {}, element('strong', {}, `${counts[change]} ${change}:`), changeWords[change]));
  const same = element('li', {}, `${counts.same} of ${checks.length} checks have the same verdict everywhere`);
  return element(
    'section',
    { 'aria-label': 'summary' },
    element('p', {}, `${columns.length} results`),
    element('ul', {}, ...changes, same),
  );
}

function filters({ counts, checks }: Comparison): XmlElement {
  const hasDifferences = counts.same < checks.length;
  const box = element('input', { type: 'checkbox', id: 'only', ...(hasDifferences ? { checked: 'checked' } : {}) });
  const search = element('input', { type: 'search', id: 'search', placeholder: 'id, words of the claim', size: '24' });
  return element(
    'p',
    { class: 'filters' },
    element('label', {}, box, ' only what differs'),
    element('label', {}, element('span', {}, 'find '), search),
    element('span', { id: 'shown', role: 'status' }, `${checks.length} checks`),
  );
}

function checkTable(comparison: Comparison, evidence: Readonly<Record<string, string>>): XmlElement {
  const { columns, checks } = comparison;
  const areas = [...new Set(checks.map(({ area }) => area))];
  const bodies = areas.map((area) => {
    const title = element('th', { colspan: String(columns.length + 1), scope: 'rowgroup', class: 'area' }, area);
    const rows = checks.map((row, index) => ({ row, index })).filter(({ row }) => row.area === area);
    return element(
      'tbody',
      {},
      element('tr', { class: 'area' }, title),
      ...rows.map(({ row, index }) => checkRow(row, index, evidence)),
    );
  });
  const head = element(
    'thead',
    {},
    element('tr', {}, element('th', { scope: 'col' }, 'check'), ...columns.map(columnHead)),
  );
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'checks by host' },
    element('table', { id: 'checks' }, head, ...bodies),
  );
}

function columnHead({ label, conformance, ledger, runId }: Column): XmlElement {
  return element(
    'th',
    { scope: 'col', title: `run ${runId}: ${countsText(ledger)}` },
    element('span', { class: 'host' }, plainLine(label, 80)),
    element('span', { class: `conformance ${conformance}` }, conformance),
  );
}

function checkRow(row: CheckRow, index: number, evidence: Readonly<Record<string, string>>): XmlElement {
  const title = element('span', { class: 'title' }, row.title);
  const head = element(
    'th',
    { scope: 'row' },
    element('span', { class: 'id' }, row.id),
    element('span', { class: 'level' }, row.level),
    title,
  );
  const cells = row.cells.map((cell, column) =>
    checkCell(cell, `${index}.${column}`, `${index}.${column}` in evidence || row.change !== 'same'),
  );
  return element(
    'tr',
    { 'data-change': row.change, 'data-text': `${row.id} ${row.title}`.toLowerCase() },
    head,
    ...cells,
  );
}

/** A plain pass is text; whatever has something to say is a button that says it. */
function checkCell(cell: Cell | null, place: string, hasMore: boolean): XmlElement {
  if (cell === null) return element('td', { class: 'absent' }, 'not there');
  const word = `${cell.finding ?? cell.verdict}${cell.flaky ? ' (flaky)' : ''}`;
  const isPlain = cell.verdict === 'pass' && !hasMore;
  return element(
    'td',
    { class: cell.verdict },
    isPlain ? word : element('button', { type: 'button', 'data-place': place }, word),
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

function factTable({ facts, columns }: Comparison): XmlElement {
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'fact'),
    ...columns.map(({ label }) => element('th', { scope: 'col' }, plainLine(label, 80))),
  );
  const rows = facts.map(({ fact, values, cause, why }) => {
    const because =
      cause === undefined ? [] : [element('span', { class: 'title' }, `because of ${cause}: ${why ?? ''}`)];
    const name = element('th', { scope: 'row' }, element('span', { class: 'id' }, fact), ...because);
    return element(
      'tr',
      {},
      name,
      ...values.map((value) => element('td', value === null ? { class: 'absent' } : {}, value ?? 'not there')),
    );
  });
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'facts by host' },
    element('table', { id: 'differing-facts' }, element('thead', {}, head), element('tbody', {}, ...rows)),
  );
}

function dialog(): XmlElement {
  return element(
    'dialog',
    { id: 'details', 'aria-labelledby': 'details-title' },
    // without it the focus goes to what can be scrolled or pressed, far below, and the dialog opens there
    element('h2', { id: 'details-title', tabindex: '-1', autofocus: 'autofocus' }, ''),
    element('div', { id: 'details-body' }, ''),
    element('form', { method: 'dialog' }, element('button', {}, 'close')),
  );
}
