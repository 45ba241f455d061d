import { type Level, levels } from '../../harness/verdicts/verdict.ts';
import { defaultGate, everyCheck, isStale, ruleConformance } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { code, sourceLink } from '../wording/markdown-text.ts';
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
  return `${[`### ${verdictSentence(results)}`, ...ranBy, ...table, counts].join('\n\n')}\n`;
}

/** e.g. `debian-13 conforms: every MUST holds. 1 SHOULD fails.` */
function verdictSentence({ checks, ...results }: Results): string {
  const gate = results.run.gate ?? defaultGate;
  const { conformance, because } = ruleConformance({ checks, ...results }, gate);
  const expected = checks.filter(({ waiver }) => waiver?.state === 'expected');
  const failed = checks.filter((check) => check.verdict === 'fail' && !expected.includes(check));
  const failedAt = (level: Level) =>
    counted(failed.filter((check) => check.level === level).length, `${level} fails`, `${level} fail`);
  const waived = expected.filter(({ level }) => gate.includes(level)).length;
  const heads = {
    conformant: `conforms: every ${new Intl.ListFormat('en-GB').format(gate)} holds${waived > 0 ? ` but ${waived} with a waiver` : ''}.`,
    'non-conformant': 'does not conform:',
    inconclusive: `is inconclusive: ${code(because.join('; '))}.`,
  };
  return [
    `${nameOf(results.target.name)} ${heads[conformance]}`,
    ...gate.map(failedAt),
    counted(checks.filter(isStale).length, 'waiver is stale', 'waivers are stale'),
    ...levels.filter((level) => !gate.includes(level)).map(failedAt),
  ].join('');
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : ` ${count} ${count === 1 ? one : many}.`;
}

function isRed({ verdict, waiver }: JudgedCheck): boolean {
  return waiver === undefined ? verdict !== 'pass' && verdict !== 'skip' : isStale({ waiver });
}

function byUrgency(one: JudgedCheck, other: JudgedCheck): number {
  const rank = ({ verdict, level }: JudgedCheck) =>
    (verdict === 'error' || verdict === 'blocked' ? levels.length : 0) + levels.indexOf(level);
  return rank(one) - rank(other);
}

function tableRow(check: JudgedCheck): string {
  const { id, level, remedy = '', source } = check;
  const cells = [`**${id}**`, level, code(reasonOf(check), 300), code(remedy), source ? sourceLink(source) : ''];
  return `| ${cells.join(' | ')} |`;
}

function nameOf(target: string): string {
  return /^[a-z\d]+(-[a-z\d]+)*$/i.test(target) ? target : code(target);
}
