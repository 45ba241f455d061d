/** When a fault is injected, and which: all that is left to chance, so that a seed makes it again. */
export type Plan = {
  readonly kindIndex: number;
  /** after that many verdicts; 0: while the machine is restored */
  readonly afterCheck: number;
  readonly delayMs: number;
};

export type Campaign = {
  readonly faults: number;
  readonly seed: number;
  readonly kinds: number;
  readonly checks: number;
};

/** Each kind as often as the others, in an order and at moments that the seed decides. Pure. */
export function planFaults({ faults, seed, kinds, checks }: Campaign): Plan[] {
  const random = generator(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const order = Array.from({ length: faults }, (_, index) => index % kinds);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = below(at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  // not after the last verdicts: a fault that comes when all is over is none
  return order.map((kindIndex) => ({ kindIndex, afterCheck: below(checks - 2), delayMs: below(4_000) }));
}

/** Whether that turn was this one; a moment may have been put off to the first verdict. Pure. */
export function isOfPlan(turn: Plan, plan: Plan | undefined): boolean {
  return (
    plan !== undefined &&
    turn.kindIndex === plan.kindIndex &&
    turn.delayMs === plan.delayMs &&
    turn.afterCheck === Math.max(plan.afterCheck, Math.min(turn.afterCheck, 1))
  );
}

export function momentText({ afterCheck, delayMs }: Pick<Plan, 'afterCheck' | 'delayMs'>): string {
  return `${(delayMs / 1000).toFixed(1)} s after ${afterCheck === 0 ? 'the restore began' : `verdict ${afterCheck}`}`;
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
