import type { EventLoopUtilization } from 'node:perf_hooks';

/**
 * What the time of a check went to. At any moment the first of these that is under way has it, so that the parts add
 * up to the whole: the start of a container, a command of the guest (or a login), a request to the daemon's API. In what
 * is left the process either waits (a pause between two looks) or works.
 */
export type TimeSplit = {
  readonly totalMs: number;
  readonly container: Asked;
  readonly guest: Asked;
  readonly daemon: Asked;
  readonly waitingMs: number;
  readonly harnessMs: number;
};

/** `ms` is the share of the check's time, not the sum of calls that ran side by side. */
export type Asked = { readonly count: number; readonly ms: number };

type Kind = 'container' | 'guest' | 'daemon';
const firstFirst: readonly Kind[] = ['container', 'guest', 'daemon'];

export type Clock = {
  /** ms */
  now(): number;
  /** how long this process's event loop was at work and idle so far, in ms */
  loop(): Pick<EventLoopUtilization, 'active' | 'idle'>;
};

const realClock: Clock = {
  now: () => performance.now(),
  loop: () => performance.eventLoopUtilization(),
};

/** Splits time as it passes: every begin and end closes a stretch and gives it to one kind. */
export class TimeSplitter {
  readonly #clock: Clock;
  readonly #underWay: Record<Kind, number> = { container: 0, guest: 0, daemon: 0 };
  #asked: Record<Kind, { count: number; ms: number }> = nothingAsked();
  #waitingMs = 0;
  #harnessMs = 0;
  #startedAt: number;
  #at: number;
  #loop: ReturnType<Clock['loop']>;

  constructor(clock: Clock = realClock) {
    this.#clock = clock;
    this.#startedAt = this.#at = clock.now();
    this.#loop = clock.loop();
  }

  /** Forgets the time so far; what is under way stays so. */
  start(): void {
    this.#close();
    this.#asked = nothingAsked();
    this.#waitingMs = 0;
    this.#harnessMs = 0;
    this.#startedAt = this.#at;
  }

  begin(kind: Kind): void {
    this.#close();
    this.#underWay[kind] += 1;
    this.#asked[kind].count += 1;
  }

  end(kind: Kind): void {
    this.#close();
    this.#underWay[kind] -= 1;
  }

  /** Since `start`. */
  split(): TimeSplit {
    this.#close();
    const { container, guest, daemon } = this.#asked;
    const parts = { container: { ...container }, guest: { ...guest }, daemon: { ...daemon } };
    return {
      totalMs: this.#at - this.#startedAt,
      ...parts,
      waitingMs: this.#waitingMs,
      harnessMs: this.#harnessMs,
    };
  }

  #close(): void {
    const [now, loop] = [this.#clock.now(), this.#clock.loop()];
    const passed = now - this.#at;
    const kind = firstFirst.find((one) => this.#underWay[one] > 0);
    if (kind !== undefined) this.#asked[kind].ms += passed;
    else {
      // the loop counts a little less or more than the clock: what it was idle is the word that is kept
      const idle = Math.min(passed, Math.max(0, loop.idle - this.#loop.idle));
      this.#waitingMs += idle;
      this.#harnessMs += passed - idle;
    }
    this.#at = now;
    this.#loop = loop;
  }
}

function nothingAsked(): Record<Kind, { count: number; ms: number }> {
  return { container: { count: 0, ms: 0 }, guest: { count: 0, ms: 0 }, daemon: { count: 0, ms: 0 } };
}
