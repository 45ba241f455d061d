import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { type BaselineOptions, type FailOn, failOns, type Reports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import type { RunContext } from '../../harness/verdicts/run-listener.ts';
import type { CommonOptions } from '../options/options.ts';
import { oneOf } from '../options/values.ts';
import type { TargetName } from '../targets/target-names.ts';

export const baselineOptions = { baseline: { type: 'string' }, 'fail-on': { type: 'string' } } as const;

export type AskedBaseline = { readonly options?: BaselineOptions; readonly failOn?: FailOn };

/** `--baseline` and `--fail-on`, read before the run begins. Throws USAGE, or INPUT where a target has no baseline. */
export function readBaselineOptions(
  values: Readonly<Record<string, unknown>>,
  run: { targets: readonly TargetName[]; checks: readonly DeclaredCheck[]; options: CommonOptions },
  reports: Pick<Reports, 'readBaselines'>,
): AskedBaseline {
  const failOn = values['fail-on'] === undefined ? undefined : oneOf('fail-on', String(values['fail-on']), failOns);
  if (values.baseline === undefined) {
    if (failOn === undefined) return {};
    throw new RdcError('USAGE', '--fail-on compares with a baseline, and there is none', {
      hint: './rdc run --baseline reports/out --fail-on regression',
    });
  }
  const checks = run.checks.map(({ id }) => id);
  const baselines = reports.readBaselines(String(values.baseline), {
    targets: run.targets.map(({ name }) => name),
    checks,
  });
  const options = { baselines, ...(isPartOfSuite(run.options) ? { part: checks } : {}) };
  return failOn === undefined ? { options } : { options, failOn };
}

/** `--fail-on` makes a run that would end with 0 end with 1; a failure and what was not judged stay what they are. */
export function exitCodeAgainst(
  { options, failOn }: AskedBaseline,
  { folder, gate }: Pick<RunContext, 'folder' | 'gate'>,
  reports: Pick<Reports, 'exitCodeOfRun' | 'differsFromBaseline'>,
): number {
  const code = reports.exitCodeOfRun(folder, gate);
  if (code !== exitCodes.ok || !options || !failOn || !reports.differsFromBaseline(folder, options, failOn))
    return code;
  process.stderr.write(`--fail-on ${failOn}: the run differs from its baseline, exit code ${exitCodes.failed}\n`);
  return exitCodes.failed;
}

/** Is only a part of the suite asked for? */
export function isPartOfSuite({
  suites,
  checks,
  levels,
}: Pick<CommonOptions, 'suites' | 'checks' | 'levels'>): boolean {
  return [suites, checks, levels].some((filter) => filter !== undefined);
}
