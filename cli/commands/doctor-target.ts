import { loadChecks } from '../../harness/checks/load-checks.ts';
import { findLab, isInsideLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { RdcError, renderError } from '../../harness/messages/errors.ts';
import { inspectTarget, readOnlyOf } from '../../harness/runner/judge/inspect-target.ts';
import { notify } from '../../harness/verdicts/run-listener.ts';
import { openInspectionListeners } from '../../reports/live/inspection-listeners.ts';
import { exitCodeOfRun, resultsOfRun } from '../../reports/results/finished-run.ts';
import type { JudgingOptions, LabOptions } from '../options/options.ts';
import { print } from '../options/output.ts';
import type { Gate } from '../options/values.ts';
import { openContext, openRun } from '../run/open-run.ts';
import { selectChecks } from '../run/select-checks.ts';
import { runInside } from '../targets/enter-lab.ts';
import { openTarget } from '../targets/open-target.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargets } from '../targets/target-names.ts';

/**
 * `rdc doctor TARGET`: what the read-only checks say of a host in use, over SSH. Nothing is set up, provisioned,
 * installed or started, here or there; a machine of the lab has to run already. Resolves to the exit code.
 */
export async function doctorTarget(
  word: string,
  asked: JudgingOptions & Pick<LabOptions, 'provider'> & { readonly gate: Gate },
): Promise<number> {
  const options = { ...asked, asIs: true } as const;
  const [target] = resolveTargets([word]);
  requireHostOptions([target], options);
  if (target.kind === 'machine' && !isInsideLab() && findLab()) runInside();
  const checks = readOnlyOf(selectChecks(await loadChecks(), options), options.check !== undefined);
  const run = openRun(options, '-doctor');
  const listeners = openInspectionListeners(run);
  const context = openContext({ run, checks, options }, target);
  notify(listeners, (listener) => listener.runStarted?.(run));
  notify(listeners, (listener) => listener.targetStarted?.(context));
  let broken: string | undefined;
  try {
    await using opened = await openTarget(target, { options, folder: context.folder, onStage: () => {} });
    broken = await inspectTarget({ context, connection: opened.connection, checks, listeners });
  } catch (error) {
    if (!(error instanceof RdcError)) throw error;
    broken = renderError(error);
  }
  const end = { infraRetries: 0, ...(broken === undefined ? {} : { broken }) };
  notify(listeners, (listener) => listener.targetEnded?.(context, end));
  for (const listener of listeners) await listener.runEnded?.(run);
  if (options.json) print(JSON.stringify(resultsOfRun(run.folder)));
  return exitCodeOfRun(run.folder, run.gate);
}
