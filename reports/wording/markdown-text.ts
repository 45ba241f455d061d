import { plainLine } from '../../harness/messages/plain-text.ts';

/** Text as a code span, which holds no markup. A bar would end a table's cell: it stands between two spans. */
export function code(text: string, maxChars = 500): string {
  return plainLine(text, maxChars).split('|').map(span).join('&#124;');
}

function span(text: string): string {
  if (text.trim() === '') return text;
  const fence = '`'.repeat(1 + longestRun(text));
  // a reader takes one space off both ends, or off neither
  const space = /^`|`$|^ .* $/.test(text) ? ' ' : '';
  return `${fence}${space}${text}${space}${fence}`;
}

/** Lines as a code block, which holds no markup. */
export function block(language: string, text: string): string {
  const fence = '`'.repeat(Math.max(3, 1 + longestRun(text)));
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** An address that a browser does not open stays text. */
export function sourceLink({ url, section }: { readonly url: string; readonly section: string }): string {
  const { protocol, href } = URL.parse(url) ?? {};
  if (href === undefined || !['http:', 'https:'].includes(protocol ?? '')) return code(`${section}, ${url}`);
  const address = href.replace(/[^\w:/?#@&=+,.~%-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `[${code(section) || 'source'}](${address})`;
}
