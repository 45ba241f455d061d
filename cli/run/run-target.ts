import type { Reporter } from 'vitest/node';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { chooseProvider } from '../../harness/lab/catalog/provider-names.ts';
import { renderError } from '../../harness/messages/errors.ts';
import { judgeTarget } from '../../harness/runner/judge/judge-target.ts';
import type { TriageOptions } from '../../harness/runner/judge/triage-target.ts';
import type { RunProfile } from '../../harness/runner/profile/run-profile.ts';
import { explainFullDisk } from '../../harness/this-machine/writable-path.ts';
import {
  type CoverageFloor,
  notify,
  type RunContext,
  type RunListener,
  type TargetContext,
} from '../../harness/verdicts/run-listener.ts';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import type { CheckMetas } from '../../reports/selftest/fault-results.ts';
import type { LabOptions, RunOptions, Selection } from '../options/options.ts';
import { say } from '../options/output.ts';
import { enterLab, type LabNeeds } from '../targets/enter-lab.ts';
import { openTarget } from '../targets/open-target.ts';
import type { TargetName } from '../targets/target-names.ts';
import { isPartOfSuite } from './baseline-options.ts';
import { openContext } from './open-run.ts';

export type RunJob = {
  readonly run: RunContext;
  readonly options: RunOptions;
  readonly mode: 'conformance' | 'fault-test';
  readonly checks: readonly DeclaredCheck[];
  readonly listeners: readonly RunListener[];
  /** further vitest reporters of a target; `judged` is asked when its verdicts are known */
  readonly reporters?: (target: TargetContext, judged: (id: string) => CheckResult | undefined) => Reporter[];
  readonly signal: AbortSignal;
  /** fault test: what became of the faults */
  readonly metas?: CheckMetas;
  readonly sideEffects?: 'read-only' | 'all';
  /** `--profile`: where the time of each check goes */
  readonly profile?: RunProfile | undefined;
  readonly triage?: TriageOptions | undefined;
  /** checks that restart something are judged on a second machine at the same time, where a target has one */
  readonly onTwo?: boolean;
};

/** Everything that the machines among the targets need on this machine; see enterLab. */
export async function enterLabOf(
  targets: readonly TargetName[],
  options: LabOptions,
  onAccel?: LabNeeds['onAccel'],
): Promise<void> {
  const machines = targets.flatMap((target) => (target.kind === 'machine' ? [target.machine] : []));
  await enterLab({ machines, options, onStage: say, ...(onAccel ? { onAccel } : {}) });
}

/** Judges one target; the listeners are told what kept it from being judged to the end, expected or not. */
export async function runTarget(job: RunJob, target: TargetName): Promise<void> {
  const ratchet = job.mode === 'conformance' ? coverageFloorOf(target, job.options) : undefined;
  const context = { ...openContext(job, target), ...(ratchet ? { ratchet } : {}) };
  notify(job.listeners, (listener) => listener.targetStarted?.(context));
  const profiled = job.profile?.start(context);
  let infraRetries = 0;
  let broken: string | undefined;
  try {
    // it may have waited for its turn
    job.signal.throwIfAborted();
    await using opened = await openTarget(target, {
      options: job.options,
      folder: context.folder,
      onStage: (text) => notify(job.listeners, (listener) => listener.stage?.(target.name, text)),
      signal: job.signal,
    });
    infraRetries = opened.infraRetries;
    broken = await judgeTarget({
      context,
      connection: opened.connection,
      checks: job.checks,
      mode: job.mode,
      listeners: job.listeners,
      reporters: (judged) => job.reporters?.(context, judged) ?? [],
      ...(job.sideEffects === undefined ? {} : { sideEffects: job.sideEffects }),
      ...(profiled === undefined ? {} : { profile: true }),
      ...(job.onTwo && opened.second ? { second: opened.second } : {}),
      ...(job.triage === undefined ? {} : { triage: job.triage }),
      onMeta(id, meta) {
        job.metas?.set(id, { ...meta });
        profiled?.add(id, meta.profile);
      },
      signal: job.signal,
    });
  } catch (error) {
    // also what nobody expected: it is no reason to leave other targets alone, running
    broken = job.signal.aborted ? 'interrupted' : renderError(explainFullDisk(error));
  }
  profiled?.end();
  const end = broken === undefined ? { infraRetries } : { infraRetries, broken };
  notify(job.listeners, (listener) => listener.targetEnded?.(context, end));
}

/** A part of the suite owes nothing; all of it owes what it judged when the machine was last verified. */
export function coverageFloorOf(
  target: TargetName,
  options: Selection & Pick<LabOptions, 'provider'>,
): CoverageFloor | undefined {
  if (target.kind !== 'machine' || target.machine.verified === false) return undefined;
  // verified is the VM
  if (chooseProvider(options.provider) !== 'libvirt') return undefined;
  const { date, judged } = target.machine.verified;
  return isPartOfSuite(options) || judged === undefined ? undefined : { judged, date };
}

/** Does the work for each item, `places` at a time. One that fails takes nothing away from the others: resolves to what was thrown. */
export async function eachOf<T>(
  items: readonly T[],
  places: number,
  work: (item: T) => Promise<void>,
): Promise<readonly unknown[]> {
  const queue = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(places, items.length) }, worker));
  return failures;
}
