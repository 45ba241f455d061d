import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { chooseProvider, type ProviderName } from '../../harness/lab/catalog/provider-names.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import type { RunContext } from '../../harness/verdicts/run-listener.ts';
import { type BaselineOptions, differsFromBaseline } from '../../reports/compare/baseline.ts';
import type { FailOn } from '../../reports/compare/change.ts';
import { readBaselines } from '../../reports/compare/read-baselines.ts';
import { exitCodeOfRun } from '../../reports/results/finished-run.ts';
import type { Selection } from '../options/options.ts';
import { say } from '../options/output.ts';
import { usageError } from '../options/values.ts';
import type { TargetName } from '../targets/target-names.ts';

export type AskedBaseline = { readonly options?: BaselineOptions; readonly failOn?: FailOn };

/** `--baseline` and `--fail-on`, read before the run begins. Throws USAGE, or INPUT where a target has no baseline. */
export function readBaselineOptions(
  asked: Selection & {
    readonly baseline?: string;
    readonly failOn?: FailOn;
    readonly provider?: ProviderName | undefined;
  },
  run: { readonly targets: readonly TargetName[]; readonly checks: readonly DeclaredCheck[] },
): AskedBaseline {
  const { baseline, failOn } = asked;
  if (baseline === undefined) {
    if (failOn === undefined) return {};
    throw usageError('--fail-on needs --baseline', './rdc run --baseline reports/out --fail-on regression');
  }
  const checks = run.checks.map(({ id }) => id);
  const targets = run.targets.map(({ name }) => name);
  const baselines = readBaselines(baseline, { targets, checks, provider: chooseProvider(asked.provider) });
  const options = { baselines, ...(isPartOfSuite(asked) ? { part: checks } : {}) };
  return failOn === undefined ? { options } : { options, failOn };
}

/** `--fail-on` makes a run that would end with 0 end with 1; a failure and what was not judged stay what they are. */
export function exitCodeAgainst(
  { options, failOn }: AskedBaseline,
  { folder, gate }: Pick<RunContext, 'folder' | 'gate'>,
): number {
  const code = exitCodeOfRun(folder, gate);
  if (code !== exitCodes.ok || !options || !failOn || !differsFromBaseline(folder, options, failOn)) return code;
  say(`--fail-on ${failOn}: the run differs from its baseline, exit code ${exitCodes.failed}`);
  return exitCodes.failed;
}

/** Is only a part of the suite selected? */
export function isPartOfSuite({ suite, check, level }: Selection): boolean {
  return [suite, check, level].some((filter) => filter !== undefined);
}
