import type { JudgedCheck } from '../results/results.schema.ts';
import { blameText, findingWords, levelWords, viewsText } from '../wording/verdict-words.ts';

/** What a person acts on first. Why it is red, Allure shows above it as the message. */
export function describeCheck(check: JudgedCheck): string {
  const { verdict, level, title, finding, remedy, source, oracle } = check;
  const parts: string[] = [];
  // indented code has no fence that the text could close
  const toDo = remedy?.replaceAll('\n', '\n    ');
  if (toDo && verdict === 'fail') parts.push(`**What to do**\n\n    ${toDo}`);
  if (finding) parts.push(paragraph('Finding', findingWords[finding]));
  if (oracle) parts.push(paragraph('Blame', blameText(oracle)), viewsList(check, oracle));
  parts.push(paragraph('Claim', title), `**Level:** ${level}: ${levelWords[level]}`, paragraph('Verdict', verdict));
  if (source) parts.push(`**Source:** ${escapeMarkdown(source.section)}, ${escapeMarkdown(source.url)}`);
  if (toDo && verdict !== 'fail') parts.push(`**Remedy, were it to fail**\n\n    ${toDo}`);
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
