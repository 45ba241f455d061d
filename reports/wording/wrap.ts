/** Wraps at spaces to lines of `width`, each begun with `indent`; a word longer than a line (a URL) stays whole. */
export function wrap(text: string, indent: string, width = 100): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, indent, width))
    .join('\n');
}

function wrapLine(text: string, indent: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, indent + line].join('\n');
}

/** Cut to a line of a terminal, so that it never runs over into a second one. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
