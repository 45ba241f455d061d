import { type CheckProfile, usageOfThisProcess } from './check-profile.ts';
import { kinds, noTime, type TimeSplit } from './time-split.ts';

type Declared = { readonly id: string; readonly area: string };

/** profile.json of one target. Times in ms, rounded. */
export type Profile = {
  readonly schema: '1';
  readonly target: string;
  /** from the start of the target (restore or boot) to the end of its last check and its power-off */
  readonly wallMs: number;
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
  readonly checks: readonly (Declared & TimeSplit)[];
};

type Measured = Pick<Profile, 'target' | 'wallMs'> & {
  readonly own: CheckProfile['process'];
  readonly checks: readonly (CheckProfile & Declared)[];
};

export class RunProfile {
  readonly #targets: { readonly folder: string; readonly measured: () => Measured }[] = [];

  start({ name, folder, expected }: { name: string; folder: string; expected: readonly Declared[] }) {
    const checks = new Map<string, CheckProfile & Declared>();
    const areas = new Map(expected.map(({ id, area }) => [id, area]));
    const startedAt = performance.now();
    const measure = () => ({ wallMs: performance.now() - startedAt, own: usageOfThisProcess() });
    let atEnd: ReturnType<typeof measure> | undefined;
    const measured = () => ({ target: name, ...(atEnd ?? measure()), checks: [...checks.values()] });
    this.#targets.push({ folder, measured });
    return {
      add(id: string, profile: CheckProfile | undefined): void {
        if (profile) checks.set(id, { ...profile, id, area: areas.get(id) ?? '' });
      },
      end(): void {
        atEnd = measure();
      },
    };
  }

  all(): (Profile & { readonly folder: string })[] {
    return this.#targets.map(({ folder, measured }) => ({ ...profileOf(measured()), folder }));
  }
}

/** Pure. Of what a process says of itself its last word counts: what it used so far. */
export function profileOf({ target, wallMs, own, checks }: Measured): Profile {
  const lastWords = new Map([[own.pid, own]]);
  for (const { process } of checks) {
    const known = lastWords.get(process.pid);
    if (!known || process.cpuMs > known.cpuMs) lastWords.set(process.pid, process);
  }
  const processes = [...lastWords.values()];
  const cpuMs = processes.reduce((sum, one) => sum + one.cpuMs, 0);
  const peakKiB = Math.max(...processes.map(({ peakMemoryKiB }) => peakMemoryKiB));
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
      processes: processes.length,
    },
    checks: checks
      .map(({ process: _, id, area, ...split }) => ({ id, area, ...rounded(split) }))
      .toSorted((a, b) => b.totalMs - a.totalMs),
  };
}

function sumOf(splits: readonly TimeSplit[]): TimeSplit {
  const sum = noTime();
  for (const one of splits) {
    for (const part of ['totalMs', 'waitingMs', 'harnessMs'] as const) sum[part] += one[part];
    for (const kind of kinds) {
      sum[kind].count += one[kind].count;
      sum[kind].ms += one[kind].ms;
    }
  }
  return sum;
}

function rounded(split: TimeSplit): TimeSplit {
  return JSON.parse(JSON.stringify(split), (_, value) => (typeof value === 'number' ? Math.round(value) : value));
}
