import { type CheckProfile, usageOfThisProcess } from './check-profile.ts';
import type { Asked, TimeSplit } from './time-split.ts';

type ProfiledCheck = TimeSplit & { readonly id: string; readonly area: string };

/** profile.json of one target. Times in ms, rounded. */
export type Profile = {
  readonly schema: '1';
  readonly target: string;
  /** from the start of the target (restore or boot) to the end of its last check and its power-off */
  readonly wallMs: number;
  /** sum of all checks */
  readonly sum: TimeSplit;
  /** the wall's rest: the machine, the facts, the start of the runner, Allure's files */
  readonly outsideMs: number;
  readonly harness: {
    /** of the command's process and of those that judged; not of what they started (virsh, ssh, Allure's report) */
    readonly cpuMs: number;
    readonly cpuShareOfWall: number;
    /** of the largest of these processes */
    readonly peakMemoryMiB: number;
    readonly processes: number;
  };
  /** the slowest first */
  readonly checks: readonly ProfiledCheck[];
};

type Target = { readonly name: string; readonly folder: string; readonly expected: readonly Declared[] };
type Declared = { readonly id: string; readonly area: string };

/** Collects what the workers say of their checks, for each target of a run. */
export class RunProfile {
  readonly #targets: TargetProfile[] = [];

  start(target: Target): TargetProfile {
    const profile = new TargetProfile(target);
    this.#targets.push(profile);
    return profile;
  }

  all(): (Profile & { readonly folder: string })[] {
    return this.#targets.map((one) => ({ ...one.profile(), folder: one.folder }));
  }
}

class TargetProfile {
  readonly #target: Target;
  readonly #checks = new Map<string, CheckProfile>();
  readonly #startedAt = performance.now();
  #wallMs: number | undefined;
  #own = usageOfThisProcess();

  constructor(target: Target) {
    this.#target = target;
  }

  get folder(): string {
    return this.#target.folder;
  }

  add(id: string, profile: CheckProfile | undefined): void {
    if (profile) this.#checks.set(id, profile);
  }

  end(): void {
    this.#wallMs = performance.now() - this.#startedAt;
    this.#own = usageOfThisProcess();
  }

  profile(): Profile {
    const areas = new Map(this.#target.expected.map(({ id, area }) => [id, area]));
    const wallMs = this.#wallMs ?? performance.now() - this.#startedAt;
    return profileOf({
      target: this.#target.name,
      wallMs,
      own: this.#own,
      checks: [...this.#checks].map(([id, profile]) => ({ ...profile, id, area: areas.get(id) ?? '' })),
    });
  }
}

type Measured = {
  readonly target: string;
  readonly wallMs: number;
  readonly own: CheckProfile['process'];
  readonly checks: readonly (CheckProfile & Declared)[];
};

/** Pure. A process's last word on itself counts: what it says is what it used so far. */
export function profileOf({ target, wallMs, own, checks }: Measured): Profile {
  const processes = new Map([[own.pid, own]]);
  for (const { process } of checks) {
    const known = processes.get(process.pid);
    if (!known || process.cpuMs > known.cpuMs) processes.set(process.pid, process);
  }
  const cpuMs = [...processes.values()].reduce((sum, one) => sum + one.cpuMs, 0);
  const peakKiB = Math.max(...[...processes.values()].map(({ peakMemoryKiB }) => peakMemoryKiB));
  const sum = rounded(sumOf(checks));
  return {
    schema: '1',
    target,
    wallMs: Math.round(wallMs),
    sum,
    outsideMs: Math.max(0, Math.round(wallMs) - sum.totalMs),
    harness: {
      cpuMs: Math.round(cpuMs),
      cpuShareOfWall: Math.round((cpuMs / Math.max(1, wallMs)) * 1000) / 1000,
      peakMemoryMiB: Math.round(peakKiB / 1024),
      processes: processes.size,
    },
    checks: checks
      .map(({ process: _, id, area, ...split }) => ({ id, area, ...rounded(split) }))
      .toSorted((a, b) => b.totalMs - a.totalMs),
  };
}

function sumOf(splits: readonly TimeSplit[]): TimeSplit {
  const add = (a: Asked, b: Asked): Asked => ({ count: a.count + b.count, ms: a.ms + b.ms });
  const none = { count: 0, ms: 0 };
  return splits.reduce<TimeSplit>(
    (sum, one) => ({
      totalMs: sum.totalMs + one.totalMs,
      container: add(sum.container, one.container),
      guest: add(sum.guest, one.guest),
      daemon: add(sum.daemon, one.daemon),
      waitingMs: sum.waitingMs + one.waitingMs,
      harnessMs: sum.harnessMs + one.harnessMs,
    }),
    { totalMs: 0, container: none, guest: none, daemon: none, waitingMs: 0, harnessMs: 0 },
  );
}

function rounded({ totalMs, container, guest, daemon, waitingMs, harnessMs }: TimeSplit): TimeSplit {
  const round = ({ count, ms }: Asked): Asked => ({ count, ms: Math.round(ms) });
  return {
    totalMs: Math.round(totalMs),
    container: round(container),
    guest: round(guest),
    daemon: round(daemon),
    waitingMs: Math.round(waitingMs),
    harnessMs: Math.round(harnessMs),
  };
}
