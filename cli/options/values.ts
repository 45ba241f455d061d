import { RdcError } from '../../harness/messages/errors.ts';
import type { Level } from '../../harness/verdicts/verdict.ts';

/** `--gate SHOULD` gates MUST and SHOULD; `--gate LIMITATION` gates limitations (and workarounds) as well. */
export function gateOf(value: string | undefined): readonly Level[] {
  const order: readonly (readonly Level[])[] = [['MUST'], ['SHOULD'], ['LIMITATION', 'WORKAROUND']];
  const gate = oneOf('gate', value ?? 'MUST', ['MUST', 'SHOULD', 'LIMITATION'] as const);
  return order.slice(0, order.findIndex((group) => group.includes(gate)) + 1).flat();
}

export function digestOf(value: string | undefined): string | undefined {
  if (value === undefined || /^[0-9a-f]{64}$/i.test(value)) return value?.toLowerCase();
  throw new RdcError('USAGE', `--sha256 is ${JSON.stringify(value)}; allowed: 64 hexadecimal digits`, {
    hint: 'sha256sum FILE',
  });
}

export function listOf(value: string | undefined): string[] | undefined {
  const items = value?.split(',').map((item) => item.trim());
  return items?.filter((item) => item !== '');
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new RdcError('USAGE', `--${name} is ${JSON.stringify(value)}; allowed: ${allowed.join(', ')}`, {
    hint: './rdc --help',
  });
}
