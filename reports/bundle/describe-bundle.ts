import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Bundle } from './create-bundle.ts';

export function describeBundle(bundle: Bundle): string[] {
  const { targets, files, bytes, suite, anonymous, sha256, replaced } = bundleSummary(bundle);
  const shown = targets.slice(0, 8).map((name) => plainLine(name, 100));
  const more = targets.length > shown.length ? ` and ${targets.length - shown.length} more` : '';
  const lines = [
    `targets: ${shown.join(', ')}${more}`,
    `suite: ${plainLine(suite.version)} ${plainLine(suite.digest)}`,
    `files: ${files}, ${bytes} bytes unpacked`,
  ];
  const counts = Object.entries(replaced ?? {}).map(([what, count]) => `${count} ${what}`);
  if (replaced) lines.push(`replaced: ${counts.join(', ')}`);
  else if (anonymous) lines.push('anonymous: names and addresses were replaced');
  return [...lines, `sha256:${sha256}`];
}

export function bundleSummary({ manifest, sha256, replaced }: Bundle) {
  const { suite, anonymous, targets, files } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { sha256, suite, anonymous, targets, files: files.length, bytes, ...(replaced ? { replaced } : {}) };
}
