import type { Verdict } from '../../harness/verdicts/verdict.ts';

export type Style = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly verdict: (verdict: Verdict, text: string) => string;
};

const colours: Readonly<Record<Verdict, number>> = { pass: 32, fail: 31, error: 35, blocked: 33, skip: 36 };

/** Colour is an aid only: every verdict is a word as well. */
export function createStyle(hasColour: boolean): Style {
  const sgr = (code: number) => (text: string) => (hasColour ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: sgr(1), dim: sgr(2), verdict: (verdict, text) => sgr(colours[verdict])(text) };
}

/** The word for a verdict in a list: what needs a look is in capitals. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  pass: 'ok',
  fail: 'FAIL',
  error: 'ERROR',
  blocked: 'blocked',
  skip: 'skip',
};
