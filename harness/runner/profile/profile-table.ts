import type { Profile } from './run-profile.ts';
import type { Asked, TimeSplit } from './time-split.ts';

const shownChecks = 10;
const columns = ['check', 'total', 'container start', 'guest commands', 'daemon API', 'waiting', 'harness'];

/** "Where the time went": the slowest checks, the sum of all, and what the harness itself took. Ends with a line break. */
export function profileTable(profile: Profile): string {
  const { target, wallMs, checks, sum, outsideMs, harness } = profile;
  if (checks.length === 0) return `\nwhere the time went, ${target}: no check was judged\n`;
  const slowest = checks.slice(0, shownChecks);
  const rows = [
    columns,
    ...slowest.map((check) => rowOf(check.id, check)),
    rowOf(`all ${checks.length}`, sum),
    ['share', ...sharesOf(sum)],
  ];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  '),
  );
  const busyMs = sum.container.ms + sum.guest.ms + sum.daemon.ms;
  const ratio = (ms: number) => (busyMs > 0 ? (ms / busyMs).toFixed(2) : 'n/a');
  return [
    '',
    `where the time went, ${target}: ${seconds(sum.totalMs)} in checks, ${seconds(outsideMs)} outside of them (machine, facts, runner)`,
    ...lines.map((line) => `  ${line}`),
    `  the guest was busy for ${seconds(busyMs)} (containers, commands, API); checks took ${ratio(sum.totalMs)} of that, the run ${ratio(wallMs)}`,
    `  the harness used ${seconds(harness.cpuMs)} of CPU (${(harness.cpuShareOfWall * 100).toFixed(1)} % of ${seconds(wallMs)}) and at most ${harness.peakMemoryMiB} MiB, in ${harness.processes} processes`,
    '',
  ].join('\n');
}

function rowOf(name: string, split: TimeSplit): string[] {
  const { totalMs, container, guest, daemon, waitingMs, harnessMs } = split;
  return [
    name,
    seconds(totalMs),
    asked(container),
    asked(guest),
    asked(daemon),
    seconds(waitingMs),
    seconds(harnessMs),
  ];
}

function sharesOf({ totalMs, container, guest, daemon, waitingMs, harnessMs }: TimeSplit): string[] {
  const parts = [totalMs, container.ms, guest.ms, daemon.ms, waitingMs, harnessMs];
  return parts.map((ms) => (totalMs > 0 ? `${((ms / totalMs) * 100).toFixed(1)} %` : ''));
}

/** e.g. `4.2 s (12)`: the time and how often */
function asked({ count, ms }: Asked): string {
  return `${seconds(ms)} (${count})`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 100_000 ? 2 : 0)} s`;
}
