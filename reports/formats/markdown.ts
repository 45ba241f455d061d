import { everyCheck } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { code, sourceLink } from '../wording/markdown-text.ts';
import { byUrgency, isRed, verdictSentence } from '../wording/verdict-sentence.ts';
import { containerText, countsText, reasonOf } from '../wording/verdict-words.ts';

/** Markdown for a person. What a target or a file says stands in code spans, which hold no markup. */
export function markdownSummary(...all: readonly Results[]): string {
  return all.map(targetSummary).join('\n');
}

function targetSummary(results: Results): string {
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
  const cells = [`**${id}**`, level, code(reasonOf(check), 300), code(remedy), source ? sourceLink(source) : ''];
  return `| ${cells.join(' | ')} |`;
}

function nameOf(target: string): string {
  return /^[a-z\d]+(-[a-z\d]+)*$/i.test(target) ? target : code(target);
}
