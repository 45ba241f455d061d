import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { suiteIdentity } from '../../harness/checks/suite-identity.ts';
import { holdRun } from '../../harness/this-machine/active-runs.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { requireFolder } from '../../harness/this-machine/writable-path.ts';
import type { RunContext, TargetContext } from '../../harness/verdicts/run-listener.ts';
import type { CommonOptions } from '../options/options.ts';
import type { TargetName } from '../targets/target-names.ts';

const hint = '--out DIR: a folder that can be made and written; without it, reports/out';

/** Makes the folder of runs, or that of `--out`; before anything else is started for a run that has no place. Throws INPUT. */
export function runFolder(out: string = join(checkout, 'reports/out')): string {
  const folder = resolve(out);
  requireFolder(folder, hint);
  return folder;
}

/** A new run with its folder; `what` is added to its id where it is no run of the suite. */
export function openRun(options: CommonOptions, what = ''): RunContext {
  const startedAt = new Date();
  const id = `${startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')}-${randomBytes(2).toString('hex')}${what}`;
  const folder = runFolder(options.out ?? join(checkout, 'reports/out', id));
  holdRun(folder);
  return {
    id,
    folder,
    startedAt,
    suite: suiteIdentity(),
    gate: options.gate,
    json: options.json,
    color: options.color,
  };
}

/** One target of a run, with its folder. */
export function openContext(
  job: { run: RunContext; checks: readonly DeclaredCheck[] },
  target: TargetName,
): TargetContext {
  const { run, checks } = job;
  const folder = join(run.folder, target.name);
  requireFolder(folder, hint);
  const expected = checks.map(({ id, area, level, title, source, remedy }) => ({
    id,
    area,
    level,
    title,
    source,
    remedy,
  }));
  const isUnverified = target.kind === 'machine' && target.machine.verified === false;
  return { name: target.name, kind: target.kind, folder, expected, ...(isUnverified && { unverified: true }) };
}
