import type { Target } from '../../../harness/checks/index.ts';

/** From /proc/sys, not from the facts, which a fault may have outdated; null without such a file. */
export async function sysctlValue(target: Target, name: string): Promise<number | null> {
  const { stdout } = await target.exec(['cat', `/proc/sys/${name.replaceAll('.', '/')}`]);
  return /^\d+\s*$/.test(stdout) ? Number(stdout) : null;
}
