import { loadChecks } from '../../harness/checks/load-checks.ts';
import { loadInspectionReports } from '../../harness/cli/load-reports.ts';
import { findLab, isInsideLab } from '../../harness/lab/libvirt/hermetic-lab.ts';
import { RdcError, renderError } from '../../harness/messages/errors.ts';
import { inspectTarget, readOnlyOf } from '../../harness/runner/judge/inspect-target.ts';
import { explainFullDisk } from '../../harness/this-machine/writable-path.ts';
import { notify } from '../../harness/verdicts/run-listener.ts';
import type { CommonOptions } from '../options/options.ts';
import { openContext, openRun } from '../run/open-run.ts';
import { selectChecks } from '../run/select-checks.ts';
import { runInside } from '../targets/enter-lab.ts';
import { openTarget } from '../targets/open-target.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargets } from '../targets/target-names.ts';

/**
 * `rdc doctor TARGET`: what the checks that only read say of a host in use, over SSH. Nothing is set up, provisioned,
 * installed or started, here or there; a machine of the lab has to run already. Resolves to the exit code.
 */
export async function doctorTargetCommand(asked: CommonOptions, words: readonly string[]): Promise<number> {
  const options = { ...asked, asIs: true };
  const [target, ...others] = resolveTargets(words);
  if (target === undefined || others.length > 0) {
    throw new RdcError('USAGE', `doctor takes one target, not ${words.length}`, { hint: './rdc doctor debian-13' });
  }
  requireHostOptions([target], options);
  if (target.kind === 'machine' && !isInsideLab() && findLab()) runInside();
  const checks = readOnlyOf(selectChecks(await loadChecks(), options), options.checks !== undefined);
  const reports = await loadInspectionReports();
  const run = openRun(options, '-doctor');
  const listeners = reports.openInspectionListeners(run);
  const context = openContext({ run, checks }, target);
  notify(listeners, (listener) => listener.runStarted?.(run));
  notify(listeners, (listener) => listener.targetStarted?.(context));
  let broken: string | undefined;
  try {
    await using opened = await openTarget(target, { options, folder: context.folder, onStage: () => {} });
    broken = await inspectTarget({ context, connection: opened.connection, checks, listeners });
  } catch (error) {
    broken = renderError(explainFullDisk(error));
  }
  const end = { infraRetries: 0, ...(broken === undefined ? {} : { broken }) };
  notify(listeners, (listener) => listener.targetEnded?.(context, end));
  for (const listener of listeners) await listener.runEnded?.(run);
  if (options.json) process.stdout.write(`${JSON.stringify(reports.resultsOfRun(run.folder))}\n`);
  return reports.exitCodeOfRun(run.folder, run.gate);
}
