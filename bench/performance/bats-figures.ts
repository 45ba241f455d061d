import { RdcError } from '../../harness/messages/errors.ts';
import type { Profile } from '../../harness/runner/profile/run-profile.ts';
import { medianOf } from './measure.ts';

/** The time is by the guest's clock. */
export type BatsTurn = {
  readonly wallMs: number;
  readonly total: number;
  readonly failed: readonly string[];
};

/** One turn of the suite: `wallMs` is the whole command, from its start to its end. */
export type SuiteTurn = { readonly wallMs: number; readonly judged: number; readonly profile: Profile };

/** TAP between two readings of /proc/uptime, in seconds. */
export function parseTap(text: string): BatsTurn {
  const lines = text.trim().split('\n');
  const [from, to] = [Number(lines[0]), Number(lines.at(-1))];
  if (!(to > from))
    throw new RdcError('COMMAND', 'bats did not run to its end', { hint: 'bash has to be on the machine' });
  const tests = lines.filter((line) => /^(not )?ok \d+ /.test(line));
  const failed = tests.filter((line) => line.startsWith('not ')).map((line) => line.replace(/^not ok \d+ /, ''));
  return { wallMs: (to - from) * 1000, total: tests.length, failed };
}

export type Turns = {
  readonly checks: number;
  readonly bats: readonly BatsTurn[];
  readonly suite: readonly SuiteTurn[];
  /** a run of everything: its time and how many checks were not skipped */
  readonly whole?: { readonly wallMs: number; readonly checks: number };
};

/** Medians over the turns; the profile is that of the turn with the median time. */
export function judgeComparison({ checks, bats, suite, whole }: Turns) {
  const batsMs = medianOf(bats, ({ wallMs }) => wallMs).wallMs / checks;
  const turn = medianOf(suite, ({ wallMs }) => wallMs);
  const { sum, harness, wallMs } = turn.profile;
  const busyMs = sum.container.ms + sum.guest.ms + sum.daemon.ms;
  const wholeMs = whole && whole.wallMs / Math.max(1, whole.checks);
  const ofTwenty = 'time in a check, of these twenty, against bats (the goal is for the whole suite: --whole RUN)';
  const ofAll = 'time of a check of the whole suite against bats';
  const goals: readonly (readonly [goal: string, measured: number, limit: number])[] = [
    wholeMs === undefined ? [ofTwenty, sum.totalMs / checks / batsMs, 0.35] : [ofAll, wholeMs / batsMs, 0.35],
    ["the run's wall time against what the guest was busy", busyMs > 0 ? wallMs / busyMs : Number.NaN, 1.25],
    ['CPU of the harness against wall time', harness.cpuShareOfWall, 0.05],
    ['peak memory of a process of the harness, MiB', harness.peakMemoryMiB, 300],
  ];
  const perCheck = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const rows = [
    ['per observation, the whole command', perCheck(batsMs), perCheck(turn.wallMs / checks)],
    ['per observation, in the observations', '', perCheck(sum.totalMs / checks)],
    ['not ok, or red', String(bats[0]?.failed.length ?? 0), `${checks - turn.judged} not judged`],
  ];
  if (wholeMs !== undefined) {
    const ratio = (wholeMs / batsMs).toFixed(2);
    rows.push(['per check of the whole suite', '', `${perCheck(wholeMs)} (${ratio} of bats)`]);
  }
  return {
    rows,
    goals: goals.map(([goal, value, limit]) => ({
      goal: `${goal}: at most ${limit}`,
      measured: value.toFixed(2),
      isMet: value <= limit,
    })),
  };
}
