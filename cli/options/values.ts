import { RdcError } from '../../harness/messages/errors.ts';
import { didYouMean } from '../../harness/messages/nearest-name.ts';
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
    throw usageError(
      `--level is ${JSON.stringify(word)}; allowed: ${levels.join(', ')}${didYouMean(word, levels)}`,
      './rdc list',
    );
  });
}

export function digestOf(value: string): string {
  if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  throw usageError(`--sha256 is ${JSON.stringify(value)}; allowed: 64 hexadecimal digits`, 'sha256sum FILE');
}

export function listOf(value: string): string[] {
  const words = value.split(',').map((word) => word.trim());
  return words.filter((word) => word !== '');
}

export function usageError(what: string, hint: string, cause?: unknown): RdcError {
  return new RdcError('USAGE', what, { hint, cause });
}

export function folderOf(value: string): string {
  if (/^(\/[A-Za-z0-9._-]+)+\/?$/.test(value) && !value.includes('..')) return value.replace(/\/$/, '');
  throw usageError(
    `--engine-prefix is ${JSON.stringify(value)}; allowed: an absolute path`,
    '--engine-prefix /usr/bin',
  );
}
