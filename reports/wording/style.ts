import { styleText } from 'node:util';
import wrapAnsi from 'wrap-ansi';
import type { Verdict } from '../../harness/verdicts/verdict.ts';

export type Style = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly verdict: (verdict: Verdict, text: string) => string;
  readonly wrap: (text: string, indent: string) => string;
  readonly hang: (label: string, text: string) => string;
  /** one line in a log or a pipe, however long; on a terminal the rest stands below it, behind the label */
  readonly line: (label: string, text: string) => string;
};

const colours = { pass: 'green', fail: 'red', error: 'magenta', blocked: 'yellow', skip: 'cyan' } as const;

/** Colour is an aid only: every verdict is a word as well. `columns`: of the terminal, absent where there is none. */
export function createStyle(hasColour: boolean, columns = Number.POSITIVE_INFINITY): Style {
  const width = Math.min(columns, 100);
  const styled = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    hasColour ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: styled('bold'),
    dim: styled('dim'),
    verdict: (verdict, text) => styled(colours[verdict])(text),
    wrap: (text, indent) => wrap(text, indent, width),
    hang: (label, text) => hang(label, text, width),
    line: (label, text) => (Number.isFinite(columns) ? hang(label, text, columns) : label + text),
  };
}

export const verdictWords = { pass: 'ok', fail: 'FAIL', error: 'ERROR', blocked: 'blocked', skip: 'skip' } as const;

/** Wraps at spaces to lines of `width`, each begun with `indent`; a word longer than a line (a URL) stays whole. */
export function wrap(text: string, indent: string, width: number): string {
  const lines = wrapAnsi(text, Math.max(1, width - indent.length)).split('\n');
  return lines.map((line) => indent + line).join('\n');
}

/** The same behind a label: `to do    sudo usermod ...`, with the next line below `sudo`. */
export function hang(label: string, text: string, width: number): string {
  return label + wrap(text, ' '.repeat(label.length), width).trimStart();
}

/** Cut to one line of a terminal, between words: its columns count, of which a wide character takes two. */
export function cut(text: string, width: number): string {
  const firstLine = (columns: number) => wrapAnsi(text, columns, { hard: true, trim: false }).split('\n')[0] ?? '';
  return firstLine(width) === text ? text : `${firstLine(Math.max(1, width - 1)).trimEnd()}…`;
}
