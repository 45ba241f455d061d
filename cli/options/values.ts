import { RdcError } from '../../harness/messages/errors.ts';
import { type Level, levels } from '../../harness/verdicts/verdict.ts';

export const gates = ['MUST', 'SHOULD', 'LIMITATION'] as const;
export type Gate = (typeof gates)[number];

/** `SHOULD` gates MUST and SHOULD; `LIMITATION` gates limitations (and workarounds) as well. */
export function gateOf(gate: Gate = 'MUST'): readonly Level[] {
  const order: readonly (readonly Level[])[] = [['MUST'], ['SHOULD'], ['LIMITATION', 'WORKAROUND']];
  return order.slice(0, order.findIndex((group) => group.includes(gate)) + 1).flat();
}

export function levelsOf(value: string): Level[] {
  return listOf(value).map((word) => {
    const level = levels.find((one) => one === word);
    if (level !== undefined) return level;
    throw new RdcError('USAGE', `--level is ${JSON.stringify(word)}; allowed: ${levels.join(', ')}`, {
      hint: './rdc list',
    });
  });
}

export function digestOf(value: string): string {
  if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  throw new RdcError('USAGE', `--sha256 is ${JSON.stringify(value)}; allowed: 64 hexadecimal digits`, {
    hint: 'sha256sum FILE',
  });
}

export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Whether to colour what is printed (https://no-color.org, https://force-color.org: an empty variable says nothing). */
export function isColored(color: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (!color || NO_COLOR) return false;
  return FORCE_COLOR ? !['0', 'false'].includes(FORCE_COLOR) : isScreen();
}

/** Whether stdout is a terminal that knows more than lines of text. */
export function isScreen(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}
