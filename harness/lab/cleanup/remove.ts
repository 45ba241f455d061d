import { rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cacheRoot } from '../../this-machine/paths.ts';
import { parseLabName } from '../catalog/provider-names.ts';
import { findLab } from '../hermetic/hermetic-lab.ts';
import { canAskLibvirt, domainMac, releaseAddress, removeDomain, removeVolume } from '../libvirt/domain.ts';
import { providerOf } from '../machine/providers.ts';
import { forgetRecord } from '../machine/snapshot-record.ts';
import type { CacheEntry } from './cache-state.ts';
import { diskUsage } from './disk-usage.ts';

export type Removal = { readonly freedBytes: number; readonly failed: readonly string[] };

/** Removes what a plan calls unused; the caller holds the locks. What cannot be removed is named, the rest still goes. */
export async function removeCacheEntries(unused: readonly CacheEntry[], outFolder: string): Promise<Removal> {
  let freedBytes = 0;
  const failed: string[] = [];
  for (const one of unused) {
    const before = one.paths.reduce((sum, path) => sum + diskUsage(path), 0);
    try {
      await removeOne(one, outFolder);
      freedBytes += before - one.paths.reduce((sum, path) => sum + diskUsage(path), 0);
    } catch (cause) {
      failed.push(`${one.kind} ${one.name}: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
  return { freedBytes, failed };
}

async function removeOne(one: CacheEntry, outFolder: string): Promise<void> {
  if (one.kind === 'machine') {
    if (parseLabName(one.name).provider !== 'libvirt') await providerOf(one.name).destroy(one.name);
    else if (canAskLibvirt()) {
      const mac = await domainMac(one.name);
      await removeDomain(one.name);
      if (mac) await releaseAddress(mac);
    }
    forgetRecord(one.name);
  }
  // libvirt keeps a list of its volumes: one that only vanishes stays on it
  if (one.kind === 'volume' && findLab()) await removeVolume(one.name);
  for (const path of one.paths) {
    requireInside(path, [cacheRoot(), outFolder]);
    rmSync(path, { recursive: true, force: true });
  }
}

/** Nothing outside of the cache and the folder of runs is ever removed, whatever a plan says. */
export function requireInside(path: string, folders: readonly string[]): void {
  const isBelow = (folder: string) => {
    const way = relative(resolve(folder), resolve(path));
    return way !== '' && !way.startsWith('..') && !way.startsWith('/');
  };
  if (!folders.some(isBelow)) throw new RdcError('INPUT', `${path} is outside of ${folders.join(' and ')}`);
}
