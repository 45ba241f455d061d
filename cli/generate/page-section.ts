/** The text with a section of this name put in place of the old one, or added at the end; everything else stays. Pure. */
export function withSection(before: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const section = `${open}\n${text.trim()}\n${close}`;
  const from = before.indexOf(open);
  const to = before.indexOf(close);
  if (from === -1 || to < from) return `${before.trimEnd()}\n\n${section}\n`;
  return before.slice(0, from) + section + before.slice(to + close.length);
}

/** A Markdown table, e.g. `table([['what', 'time'], ['rdc list', '0.3 s']])`; a bar in a cell is escaped. */
export function table(rows: readonly (readonly string[])[], align: 'left' | 'right' = 'right'): string {
  const [first = [], ...others] = rows.map(
    (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  const other = align === 'left' ? '---' : '---:';
  const line = `|${rows[0]?.map((_, index) => (index === 0 ? '---' : other)).join('|')}|`;
  return [first, line, ...others].join('\n');
}
