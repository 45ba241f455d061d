import { type EngineRelease, type HostFacts, known } from '../../../harness/checks/index.ts';

/** `isSince('rootlesskit version 2.0.2', '3.0')` is false; so is any text without a version. */
export function isSince(version: string | null | undefined, release: string): boolean {
  const words = /(?<!\d)(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?/.exec(version ?? '');
  if (!words) return false;
  const [, ...numbers] = words.map((word) => Number(word ?? 0));
  const wanted = release.split('.').map(Number);
  const differences = [0, 1, 2].map((place) => (numbers[place] ?? 0) - (wanted[place] ?? 0));
  return (differences.find((by) => by !== 0) ?? 0) >= 0;
}

/** `isEngineSince(host, '29.5')`; throws if the version is unknown. harness/verdicts/engine-changes.ts says what came with it. */
export function isEngineSince({ versions }: Pick<HostFacts, 'versions'>, release: EngineRelease): boolean {
  const version = /\d\.\d/.test(versions.dockerd ?? '') ? versions.dockerd : null;
  return isSince(known(version, 'the version of dockerd'), release);
}
