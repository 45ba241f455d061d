import type { HostFacts } from '../../harness/index.ts';

/** `detachesNetns`: from 29.5 dockerd itself is in the host's network namespace. Decided by the installed binary. */
export function detachesNetns({ versions }: HostFacts): boolean | null {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(versions.dockerd ?? '') ?? [];
  if (major === undefined) return null;
  return Number(major) > 29 || (Number(major) === 29 && Number(minor) >= 5);
}
