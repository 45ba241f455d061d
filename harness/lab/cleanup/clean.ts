import { releaseMachine, tryLock } from '../../this-machine/locks.ts';
import { deadLabMembers, stopLab } from '../hermetic/hermetic-lab.ts';
import { providers } from '../machine/providers.ts';
import { clearAbandonedMachines } from './abandoned-machines.ts';
import type { CleanPlan } from './plan.ts';
import { type CleanOptions, planClean } from './plan.ts';
import { lockNames, readCacheState } from './read-cache-state.ts';
import { type Removal, removeCacheEntries } from './remove.ts';

export type Cleaned = CleanPlan & Removal;

/**
 * Removes what nothing uses any more. The locks of all machines are held meanwhile: a run that starts waits for none
 * of it, it says who has its machine. With `dryRun` nothing is locked and nothing changes.
 */
export async function clean(
  outFolder: string,
  options: CleanOptions & { readonly dryRun: boolean; readonly onStage: (text: string) => void },
): Promise<Cleaned> {
  if (options.dryRun) return { ...planClean(await readCacheState(outFolder), options), freedBytes: 0, failed: [] };
  const members = deadLabMembers().length;
  if (members > 0) {
    await stopLab();
    await providers.nspawn.sweep();
    options.onStage(`ended the processes of an abandoned lab (${members}) and its network`);
  }
  await clearAbandonedMachines(options.onStage);
  const locked = lockNames().filter((name) => tryLock(name));
  try {
    const plan = planClean(await readCacheState(outFolder), options);
    return { ...plan, ...(await removeCacheEntries(plan.unused, outFolder)) };
  } finally {
    for (const name of locked) releaseMachine(name);
  }
}
