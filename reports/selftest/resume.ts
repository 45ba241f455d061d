import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import type { ProviderName } from '../results/provider.ts';
import { outcomes, type Selftest, type SelftestRow } from './fault-results.ts';

export const selftestFileName = 'selftest.json';

const maxBytes = 32 * 1024 * 1024;

export type Resume = {
  /** the folder with the folders of runs, reports/out */
  readonly folder: string;
  readonly named: string | undefined;
  readonly target: string;
  /** what runs the machine: what a VM said is no word on a container */
  readonly provider?: ProviderName | undefined;
  readonly digest: string;
  readonly wantsBlastRadius: boolean;
};

/** The newest word of earlier runs by the same provider on each check. What came to no end (an error) is tried again. */
export function carriedRows(checks: readonly DeclaredCheck[], resume: Resume): SelftestRow[] {
  const newest = new Map<string, SelftestRow>();
  for (const { run, checks: rows } of earlierSelftests(resume)) {
    for (const row of rows) if (!newest.has(row.id)) newest.set(row.id, { ...row, run: row.run ?? run.id });
  }
  return checks.flatMap(({ id }) => {
    const row = newest.get(id);
    return row !== undefined && isSettled(row, resume) ? [row] : [];
  });
}

function isSettled({ outcome, blastRadius }: SelftestRow, { wantsBlastRadius }: Resume): boolean {
  if (outcome === 'error') return false;
  return !wantsBlastRadius || outcome !== 'killed' || blastRadius !== undefined;
}

function earlierSelftests({ folder, named, target, provider = 'libvirt', digest }: Resume): Selftest[] {
  const runs = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const files = new Set([...(named === undefined ? [] : [named]), ...runs].map((run) => join(run, selftestFileName)));
  return [...files]
    .flatMap((file) => readSelftest(file) ?? [])
    .filter((one) => one.target === target && one.suite.digest === digest && (one.provider ?? 'libvirt') === provider)
    .sort((a, b) => b.run.startedAt.localeCompare(a.run.startedAt));
}

/** Null where there is none, or none of ours. */
export function readSelftest(file: string): Selftest | null {
  try {
    const selftest = JSON.parse(readRegularFile(file, maxBytes).toString('utf8')) as Selftest;
    const { target, suite, run, checks } = selftest;
    const isWhole = [target, suite.digest, run.startedAt].every((text) => typeof text === 'string');
    const hasRows = checks.every(({ id, outcome }) => typeof id === 'string' && outcomes.includes(outcome));
    return isWhole && hasRows ? selftest : null;
  } catch {
    return null;
  }
}
