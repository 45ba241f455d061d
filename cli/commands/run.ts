import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { loadReports, type Reports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError, renderError } from '../../harness/messages/errors.ts';
import { tell } from '../../harness/run/tell.ts';
import { judgeTarget } from '../../harness/runner/judge/judge-target.ts';
import type { OracleOptions } from '../../harness/runner/judge/triage-target.ts';
import { profileTable } from '../../harness/runner/profile/profile-table.ts';
import { RunProfile } from '../../harness/runner/profile/run-profile.ts';
import { fullDiskOr, requireFolder } from '../../harness/this-machine/writable-path.ts';
import type { Ratchet, ReportSink, RunContext } from '../../harness/verdicts/run-listener.ts';
import type { CheckMetas } from '../../reports/selftest/fault-results.ts';
import { type CommonOptions, isScreen, parseCommon } from '../options/options.ts';
import { baselineOptions, exitCodeAgainst, isPartOfSuite, readBaselineOptions } from '../run/baseline-options.ts';
import { eachOf } from '../run/each-of.ts';
import { interruption } from '../run/interruption.ts';
import { openContext, openRun, runFolder } from '../run/open-run.ts';
import { selectChecks } from '../run/select-checks.ts';
import { confirmHosts } from '../targets/confirm-hosts.ts';
import { enterLab } from '../targets/enter-lab.ts';
import { openTarget } from '../targets/open-target.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargetsOf, type TargetName } from '../targets/target-names.ts';

export type RunJob = {
  readonly run: RunContext;
  readonly options: CommonOptions;
  readonly reading: 'conformance' | 'sabotage';
  readonly checks: readonly DeclaredCheck[];
  readonly sinks: readonly ReportSink[];
  readonly reports: Pick<Reports, 'targetReporters'>;
  readonly signal: AbortSignal;
  /** sabotage reading: what became of the mutants */
  readonly metas?: CheckMetas;
  readonly blastRadius?: 'read-only' | 'all';
  /** `--profile`: where the time of each check goes */
  readonly profile?: RunProfile;
  readonly oracle?: OracleOptions;
};

/** What `rdc run` takes besides the common options. */
export const runOptions = {
  ...baselineOptions,
  history: { type: 'string' },
  profile: { type: 'boolean' },
  oracle: { type: 'boolean' },
  'allow-rootful': { type: 'boolean' },
} as const;

/** `rdc run`: set up, provision, judge, report. Resolves to the exit code. */
export async function runCommand(words: readonly string[]): Promise<number> {
  const { options, positionals, values } = parseCommon(words, { command: 'run', own: runOptions });
  const oracle = oracleOf(values);
  const targets = await resolveTargetsOf(positionals, options);
  requireHostOptions(targets, options);
  const all = await loadChecks();
  const checks = selectChecks(all, options);
  const reports = await loadReports();
  const waivers =
    options.waivers === undefined
      ? []
      : reports.readWaivers(
          options.waivers,
          all.map(({ id }) => id),
        );
  const baseline = readBaselineOptions(values, { targets, checks, options }, reports);
  if (!(await confirmHosts({ targets, checks, options, reading: 'conformance' }))) return exitCodes.notJudged;
  runFolder(options.out);
  if (values.history !== undefined)
    requireFolder(String(values.history), '--history DIR: a folder that can be written');
  await enterLabOf(targets, options);

  const run = openRun(options);
  const live = !options.json && isScreen();
  const sinks = reports.openReports(run, {
    live,
    waivers,
    ...(baseline.options ? { baseline: baseline.options } : {}),
    ...(values.history === undefined ? {} : { history: String(values.history) }),
  });
  const stop = interruption();
  const profile = values.profile === true ? new RunProfile() : undefined;
  const job: RunJob = {
    run,
    options,
    reading: 'conformance',
    checks,
    sinks,
    reports,
    signal: stop.signal,
    ...(profile ? { profile } : {}),
    ...(oracle === undefined ? {} : { oracle }),
  };
  tell(sinks, (sink) => sink.runStarted?.(run));
  // under emulation two machines already fill the cores of a small host: targets run side by side only in pairs
  const failures = await eachOf(targets, 2, (target) => runTarget(job, target));
  for (const sink of sinks) await sink.runEnded?.(run);
  stop.release();
  if (failures.length > 0) throw failures[0];
  // on stderr: the last line of stdout is the conclusion
  for (const { folder, ...one } of profile?.all() ?? []) {
    reports.writeFileAtomic(join(folder, 'profile.json'), `${JSON.stringify(one, null, 2)}\n`);
    process.stderr.write(profileTable(one));
  }
  if (options.json) process.stdout.write(`${JSON.stringify(reports.resultsOfRun(run.folder))}\n`);
  if (stop.signal.aborted) return exitCodes.interrupted;
  return exitCodeAgainst(baseline, run, reports);
}

function oracleOf(values: Readonly<Record<string, unknown>>): OracleOptions | undefined {
  const allowRootful = values['allow-rootful'] === true;
  if (values.oracle === true) return { allowRootful };
  if (!allowRootful) return undefined;
  throw new RdcError('USAGE', '--allow-rootful is for the views of --oracle', {
    hint: './rdc run TARGET --oracle --allow-rootful',
  });
}

/** Everything that the machines among the targets want of this host; see enterLab. */
export async function enterLabOf(targets: readonly TargetName[], { lab }: CommonOptions): Promise<void> {
  const machines = targets.flatMap((target) => (target.kind === 'machine' ? [target.machine] : []));
  await enterLab({ machines, lab, onStage: (text) => process.stderr.write(`${text}\n`) });
}

/** Judges one target; what keeps it from being judged to the end, expected or not, is told to the sinks. */
export async function runTarget(job: RunJob, target: TargetName): Promise<void> {
  const ratchet = job.reading === 'conformance' ? ratchetOf(target, job.options) : undefined;
  const context = { ...openContext(job, target), ...(ratchet ? { ratchet } : {}) };
  tell(job.sinks, (sink) => sink.targetStarted?.(context));
  const profiled = job.profile?.start(context);
  let infraRetries = 0;
  let broken: string | undefined;
  try {
    // one that waited for its turn
    job.signal.throwIfAborted();
    await using opened = await openTarget(target, {
      options: job.options,
      folder: context.folder,
      onStage: (text) => tell(job.sinks, (sink) => sink.stage?.(target.name, text)),
      signal: job.signal,
    });
    infraRetries = opened.infraRetries;
    broken = await judgeTarget({
      context,
      connection: opened.connection,
      checks: job.checks,
      reading: job.reading,
      sinks: job.sinks,
      reporters: (judged) => (job.reading === 'sabotage' ? [] : job.reports.targetReporters(context, judged)),
      ...(job.blastRadius === undefined ? {} : { blastRadius: job.blastRadius }),
      ...(profiled === undefined ? {} : { profile: true }),
      ...(job.oracle === undefined ? {} : { oracle: job.oracle }),
      onMeta(id, meta) {
        job.metas?.set(id, { ...meta });
        profiled?.add(id, meta.profile);
      },
      signal: job.signal,
    });
  } catch (error) {
    // also what nobody expected: it is no reason to leave other targets alone, running
    broken = job.signal.aborted ? 'interrupted' : renderError(fullDiskOr(error));
  }
  profiled?.end();
  const end = broken === undefined ? { infraRetries } : { infraRetries, broken };
  tell(job.sinks, (sink) => sink.targetEnded?.(context, end));
}

/** A part of the suite owes nothing; all of it owes what it judged when the machine was last verified. */
export function ratchetOf(
  target: TargetName,
  options: Pick<CommonOptions, 'suites' | 'checks' | 'levels'>,
): Ratchet | undefined {
  if (target.kind !== 'machine' || target.machine.verified === false) return undefined;
  const { date, judged } = target.machine.verified;
  return isPartOfSuite(options) || judged === undefined ? undefined : { judged, date };
}
