import type { JudgedCheck } from '../results/results.schema.ts';
import { blameText, findingWords, levelWords, reasonOf, viewsText } from '../wording/verdict-words.ts';

/** What a maintainer reads first, as Markdown: why, what to do, what was claimed, and by whom. */
export function describeCheck(check: JudgedCheck): string {
  const { verdict, level, title, finding, remedy, source, oracle } = check;
  const parts = [paragraph('Verdict', escapeMarkdown(verdict))];
  if (verdict !== 'pass' || check.waiver) parts.push(paragraph('Why', escapeMarkdown(reasonOf(check))));
  if (finding) parts.push(paragraph('Finding', escapeMarkdown(findingWords[finding])));
  if (oracle) parts.push(paragraph('Blame', escapeMarkdown(blameText(oracle))), viewsList(check, oracle));
  if (remedy)
    parts.push(`**${verdict === 'fail' ? 'What to do' : 'Remedy, were it to fail'}**\n\n${codeBlock(remedy)}`);
  parts.push(paragraph('Claim', escapeMarkdown(title)));
  parts.push(paragraph('Level', `${level}: ${levelWords[level]}`));
  if (source) parts.push(paragraph('Source', `${escapeMarkdown(source.section)}, ${escapeMarkdown(source.url)}`));
  return parts.join('\n\n');
}

function paragraph(heading: string, markdown: string): string {
  return `**${heading}:** ${markdown}`;
}

function viewsList({ verdict }: JudgedCheck, oracle: NonNullable<JudgedCheck['oracle']>): string {
  const [rootless = ['', ''], ...others] = viewsText(oracle);
  // why it is red stands above
  const shown = [verdict === 'fail' ? [rootless[0], oracle.views.rootless.seen] : rootless, ...others];
  return shown.map(([name = '', text = '']) => `- ${escapeMarkdown(name)}: ${escapeMarkdown(text)}`).join('\n');
}

// Indented code has no fence that the text could close.
function codeBlock(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

/** Text as Markdown that renders as exactly this text: every ASCII punctuation mark can be escaped (CommonMark 2.4). */
export function escapeMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&').replace(/\n/g, '  \n');
}
