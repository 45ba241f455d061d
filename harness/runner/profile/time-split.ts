/** In the order in which they count: what is under way at once goes to the first. */
export const kinds = ['container', 'guest', 'daemon'] as const;
type Kind = (typeof kinds)[number];

/** `ms` is the share of the check's time, not the sum of calls that ran side by side. */
const noCalls = () => ({ count: 0, ms: 0 });

/**
 * What the time of a check went to: the start of a container, a command of the guest (or a login), a request to the
 * daemon's API, and of the rest a pause between two looks or work. The parts add up to the whole.
 */
export type TimeSplit = ReturnType<typeof noTime>;

export const noTime = () => ({
  totalMs: 0,
  container: noCalls(),
  guest: noCalls(),
  daemon: noCalls(),
  waitingMs: 0,
  harnessMs: 0,
});

const realClock = {
  /** ms */
  now: () => performance.now(),
  /** for how long this process's event loop was idle so far, in ms */
  idle: () => performance.eventLoopUtilization().idle,
};

/** Splits time as it passes: every begin and end closes a stretch and gives it to one kind. */
export class TimeSplitter {
  readonly #clock: typeof realClock;
  readonly #underWay: Record<Kind, number> = { container: 0, guest: 0, daemon: 0 };
  #spent = noTime();
  #at: number;
  #idle: number;

  constructor(clock = realClock) {
    this.#clock = clock;
    this.#at = clock.now();
    this.#idle = clock.idle();
  }

  /** Forgets the time so far; what is under way stays so. */
  start(): void {
    this.#close();
    this.#spent = noTime();
  }

  begin(kind: Kind): void {
    this.#close();
    this.#underWay[kind] += 1;
    this.#spent[kind].count += 1;
  }

  end(kind: Kind): void {
    this.#close();
    this.#underWay[kind] -= 1;
  }

  /** Since `start`. */
  split(): TimeSplit {
    this.#close();
    return structuredClone(this.#spent);
  }

  #close(): void {
    const [now, idle] = [this.#clock.now(), this.#clock.idle()];
    const passed = now - this.#at;
    // the loop counts a little less or more than the clock
    const waited = Math.min(passed, Math.max(0, idle - this.#idle));
    const kind = kinds.find((one) => this.#underWay[one] > 0);
    this.#spent.totalMs += passed;
    if (kind !== undefined) this.#spent[kind].ms += passed;
    else {
      this.#spent.waitingMs += waited;
      this.#spent.harnessMs += passed - waited;
    }
    this.#at = now;
    this.#idle = idle;
  }
}
