import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { RdcError } from '../../harness/messages/errors.ts';
import type { FaultKind } from './fault-kinds.ts';

/** A fault and when it is injected: all that is left to chance, so that a seed makes it again. */
export type Plan = {
  readonly kind: FaultKind;
  /** after that many verdicts; 0: while the machine is restored */
  readonly afterCheck: number;
  readonly delayMs: number;
};

export type Campaign = {
  readonly faults: number;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  readonly checks: number;
};

/** Each kind as often as the others, in an order and at moments that the seed decides. */
export function planFaults({ faults, seed, kinds, checks }: Campaign): Plan[] {
  const random = generator(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const order = Array.from({ length: faults }, (_, index) => kinds[index % kinds.length] as FaultKind);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = below(at + 1);
    [order[at], order[other]] = [order[other] as FaultKind, order[at] as FaultKind];
  }
  return order.map((kind) => {
    // not after the last verdicts: a fault that comes when all is over is none
    const afterCheck = below(checks - 2);
    // a machine that is lost while it is restored is booted anew, and a session that is not there yet cannot be killed
    return { kind, afterCheck: kind.loses ? Math.max(1, afterCheck) : afterCheck, delayMs: below(4_000) };
  });
}

export function momentText({ afterCheck, delayMs }: Pick<Plan, 'afterCheck' | 'delayMs'>): string {
  return `${(delayMs / 1000).toFixed(1)} s after ${afterCheck === 0 ? 'the restore began' : `verdict ${afterCheck}`}`;
}

/** The lines of an earlier call for the same campaign, which is then continued. Its first line says which one it is. */
export function continuedLog<T>(file: string, campaign: object): T[] {
  const header = JSON.stringify(campaign);
  // the last line may have been cut off in the middle
  const [first = header, ...lines] = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  if (first !== header)
    throw new RdcError('USAGE', `${file} is the log of another campaign: ${first}`, {
      hint: 'machine, --faults, --seed, --kind and --provider as in the call that wrote it, or another --log',
    });
  writeFileSync(file, [header, ...lines].map((line) => `${line}\n`).join(''));
  return lines.map((line) => JSON.parse(line) as T);
}

/** mulberry32: 32 bits of state are plenty for moments. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
