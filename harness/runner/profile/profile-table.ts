import type { Profile } from './run-profile.ts';
import type { TimeSplit } from './time-split.ts';

const shownChecks = 10;
const columns = ['check', 'total', 'container start', 'guest commands', 'daemon API', 'waiting', 'harness'];

/** "Where the time went": the slowest checks, the sum of all, and what the harness itself took. Ends with a line break. */
export function profileTable({ target, wallMs, checks, sum, outsideMs, harness }: Profile): string {
  if (checks.length === 0) return `\nwhere the time went, ${target}: no check was judged\n`;
  const rows = [
    columns,
    ...checks.slice(0, shownChecks).map((check) => rowOf(check.id, check)),
    rowOf(`all ${checks.length}`, sum),
    ['share', ...sharesOf(sum)],
  ];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const padded = ([name = '', ...cells]: string[]) =>
    [name.padEnd(widths[0] ?? 0), ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0))].join('  ');
  const busyMs = sum.container.ms + sum.guest.ms + sum.daemon.ms;
  const ratio = (ms: number) => (busyMs > 0 ? (ms / busyMs).toFixed(2) : 'n/a');
  return [
    '',
    `where the time went, ${target}: ${seconds(sum.totalMs)} in checks, ${seconds(outsideMs)} outside of them (machine, facts, runner)`,
    ...rows.map((row) => `  ${padded(row)}`),
    `  the guest was busy for ${seconds(busyMs)} (containers, commands, API); checks took ${ratio(sum.totalMs)} of that, the run ${ratio(wallMs)}`,
    `  the harness used ${seconds(harness.cpuMs)} of CPU (${(harness.cpuShareOfWall * 100).toFixed(1)} % of ${seconds(wallMs)}) and at most ${harness.peakMemoryMiB} MiB, in ${harness.processes} processes`,
    '',
  ].join('\n');
}

function rowOf(name: string, { totalMs, container, guest, daemon, waitingMs, harnessMs }: TimeSplit): string[] {
  const asked = [container, guest, daemon].map(({ count, ms }) => `${seconds(ms)} (${count})`);
  return [name, seconds(totalMs), ...asked, seconds(waitingMs), seconds(harnessMs)];
}

function sharesOf({ totalMs, container, guest, daemon, waitingMs, harnessMs }: TimeSplit): string[] {
  const parts = [totalMs, container.ms, guest.ms, daemon.ms, waitingMs, harnessMs];
  return parts.map((ms) => (totalMs > 0 ? `${((ms / totalMs) * 100).toFixed(1)} %` : ''));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 100_000 ? 2 : 0)} s`;
}
