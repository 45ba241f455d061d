import type { Target } from '../../../harness/checks/index.ts';

/** The number in /proc/sys, read now and not from the facts (a fault may have changed it); null where there is no such file. */
export async function sysctlValue(target: Target, name: string): Promise<number | null> {
  const { stdout } = await target.exec(['cat', `/proc/sys/${name.replaceAll('.', '/')}`]);
  return /^\d+\s*$/.test(stdout) ? Number(stdout) : null;
}
