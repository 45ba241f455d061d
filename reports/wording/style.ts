import { styleText } from 'node:util';
import type { Verdict } from '../../harness/verdicts/verdict.ts';
import { hang, wrap } from './wrap.ts';

export type Style = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly verdict: (verdict: Verdict, text: string) => string;
  /** a paragraph: never wider than 100 characters */
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

/** The word for a verdict in a list: what needs a look is in capitals. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  pass: 'ok',
  fail: 'FAIL',
  error: 'ERROR',
  blocked: 'blocked',
  skip: 'skip',
};
