import wrapAnsi from 'wrap-ansi';

/** Wraps at spaces to lines of `width`, each begun with `indent`; a word longer than a line (a URL) stays whole. */
export function wrap(text: string, indent: string, width: number): string {
  const lines = wrapAnsi(text, Math.max(1, width - indent.length)).split('\n');
  return lines.map((line) => indent + line).join('\n');
}

/** The same behind a label: `to do    sudo usermod ...`, with the next line below `sudo`. */
export function hang(label: string, text: string, width: number): string {
  return label + wrap(text, ' '.repeat(label.length), width).trimStart();
}

/** Cut to one line of a terminal: its columns count, of which a wide character takes two. */
export function cut(text: string, width: number): string {
  const firstLine = (columns: number) =>
    wrapAnsi(text, columns, { hard: true, trim: false, wordWrap: false }).split('\n')[0] ?? '';
  return firstLine(width) === text ? text : `${firstLine(Math.max(1, width - 1))}…`;
}
