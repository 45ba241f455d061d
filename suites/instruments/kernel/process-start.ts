import type { Target } from '../../../harness/checks/index.ts';

/** In ticks since boot: with the PID it identifies the process. Null when it is gone. */
export async function startOf(target: Target, pid: number): Promise<number | null> {
  const { stdout } = await target.root.shell(`cat /proc/${pid}/stat 2>/dev/null`);
  return parseStart(stdout);
}

/** Pure: field 22 of /proc/PID/stat; the name in field 2 may contain anything and ends at the last `)`. */
export function parseStart(stat: string): number | null {
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? null : Number(ticks);
}
