import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCheck } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { byUrgency, isRed, verdictSentence } from '../wording/verdict-sentence.ts';
import { containerText, countsText, reasonOf } from '../wording/verdict-words.ts';

/** One target as Markdown for a person. What a target or a file says stands in code spans, which hold no markup. */
export function markdownSummary(results: Results): string {
  const rows = everyCheck(results).filter(isRed).toSorted(byUrgency).map(tableRow);
  const head = ['| check | level | expected and found | what to do | source |', '|---|---|---|---|---|'];
  const table = rows.length > 0 ? [[...head, ...rows].join('\n')] : [];
  const counts = countsText(results.ledger, results.notJudged?.length ?? 0);
  const container = containerText(results);
  const ranBy = container === undefined ? [] : [`provider: ${code(container)}`];
  return `${[`### ${verdictSentence(results, { name: nameOf, doubt: code })}`, ...ranBy, ...table, counts].join('\n\n')}\n`;
}

function tableRow(check: JudgedCheck): string {
  const { id, level, remedy = '', source } = check;
  const cells = [`**${id}**`, level, code(reasonOf(check), 300), code(remedy), source ? linkOf(source) : ''];
  return `| ${cells.join(' | ')} |`;
}

/** An address that a browser does not open stays text. */
function linkOf({ url, section }: NonNullable<JudgedCheck['source']>): string {
  const { protocol, href } = URL.parse(url) ?? {};
  if (href === undefined || !['http:', 'https:'].includes(protocol ?? '')) return code(`${section}, ${url}`);
  const address = href.replace(/[^\w:/?#@&=+,.~%-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `[${code(section) || 'source'}](${address})`;
}

function nameOf(target: string): string {
  return /^[a-z\d]+(-[a-z\d]+)*$/i.test(target) ? target : code(target);
}

/** A bar would end a table's cell, and readers differ in how it is escaped: it stands between two spans. */
function code(text: string, maxChars = 500): string {
  return plainLine(text, maxChars).split('|').map(span).join('&#124;');
}

function span(text: string): string {
  if (text.trim() === '') return text;
  const fence = '`'.repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)));
  // a reader takes one space off both ends, or off neither
  const space = /^`|`$|^ .* $/.test(text) ? ' ' : '';
  return `${fence}${space}${text}${space}${fence}`;
}
