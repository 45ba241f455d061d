/** `isAtLeast('Docker version 26.1.5+dfsg1', 26, 1)` is true; false as well where there is no version. */
export function isAtLeast(version: string | null | undefined, major: number, minor = 0): boolean {
  const [, seenMajor = 0, seenMinor = 0] = (/(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
  return seenMajor > major || (seenMajor === major && seenMinor >= minor);
}
