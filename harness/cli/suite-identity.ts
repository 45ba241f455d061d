import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.ts';

/** Version of the suite and a digest of everything that decides a verdict: two runs compare only where both are equal. */
export function suiteIdentity(): { version: string; digest: string } {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const hash = createHash('sha256');
  for (const folder of ['harness', 'suites', 'vms']) {
    const files = readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts') && !entry.parentPath.includes('/fixtures'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(projectRoot.length)).update('\0').update(contentOf(file));
  }
  return { version, digest: `sha256:${hash.digest('hex')}` };
}

function contentOf(file: string): Buffer | string {
  if (file !== join(projectRoot, 'vms/machines.json')) return readFileSync(file);
  return withoutVerified(readFileSync(file, 'utf8'));
}

/** When a machine was last verified is the outcome of a run and no part of the suite: noting it makes no other suite. */
export function withoutVerified(machines: string): string {
  return JSON.stringify(JSON.parse(machines, (key, value: unknown) => (key === 'verified' ? undefined : value)));
}
