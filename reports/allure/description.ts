import type { JudgedCheck } from '../results/results.schema.ts';
import { blameText, findingWords, levelWords, reasonOf, viewsText } from '../wording/verdict-words.ts';

export function describeCheck(check: JudgedCheck): string {
  const { verdict, level, title, finding, remedy, source, oracle } = check;
  const parts = [paragraph('Verdict', verdict)];
  if (verdict !== 'pass' || check.waiver) parts.push(paragraph('Why', reasonOf(check)));
  if (finding) parts.push(paragraph('Finding', findingWords[finding]));
  if (oracle) parts.push(paragraph('Blame', blameText(oracle)), viewsList(check, oracle));
  // indented code has no fence that the text could close
  if (remedy)
    parts.push(
      `**${verdict === 'fail' ? 'What to do' : 'Remedy, were it to fail'}**\n\n    ${remedy.replaceAll('\n', '\n    ')}`,
    );
  parts.push(paragraph('Claim', title), `**Level:** ${level}: ${levelWords[level]}`);
  if (source) parts.push(`**Source:** ${escapeMarkdown(source.section)}, ${escapeMarkdown(source.url)}`);
  return parts.join('\n\n');
}

function paragraph(heading: string, text: string): string {
  return `**${heading}:** ${escapeMarkdown(text)}`;
}

function viewsList({ verdict }: JudgedCheck, oracle: NonNullable<JudgedCheck['oracle']>): string {
  const [rootless = ['', ''], ...others] = viewsText(oracle);
  // why it is red stands above
  const shown = [verdict === 'fail' ? [rootless[0], oracle.views.rootless.seen] : rootless, ...others];
  return shown.map(([name = '', text = '']) => `- ${escapeMarkdown(name)}: ${escapeMarkdown(text)}`).join('\n');
}

/** Text as Markdown that renders as exactly this text: every ASCII punctuation mark can be escaped (CommonMark 2.4). */
export function escapeMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&').replace(/\n/g, '  \n');
}
