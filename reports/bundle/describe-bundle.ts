import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Bundle } from './create-bundle.ts';

/** What is in a bundle, for a person. */
export function describeBundle({ manifest, sha256, replaced }: Bundle): string[] {
  const { targets, files, suite, anonymous } = manifest;
  const shown = targets.slice(0, 8).map((name) => plainLine(name, 100));
  const counts = replaced && Object.entries(replaced).map(([what, count]) => `${count} ${what}`);
  return [
    `targets: ${shown.join(', ')}${targets.length > shown.length ? ` and ${targets.length - shown.length} more` : ''}`,
    `suite: ${plainLine(suite.version)} ${plainLine(suite.digest)}`,
    `files: ${files.length}, ${bytesOf(manifest)} bytes unpacked`,
    ...(counts
      ? [`replaced: ${counts.join(', ')}`]
      : anonymous
        ? ['anonymous: names and addresses were replaced']
        : []),
    `sha256:${sha256}`,
  ];
}

/** The same for `--json`. */
export function bundleSummary({ manifest, sha256, replaced }: Bundle) {
  const { suite, anonymous, targets, files } = manifest;
  return {
    sha256,
    suite,
    anonymous,
    targets,
    files: files.length,
    bytes: bytesOf(manifest),
    ...(replaced ? { replaced } : {}),
  };
}

function bytesOf({ files }: Bundle['manifest']): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
