import { join } from 'node:path';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import type { TriageOptions } from '../../harness/runner/judge/triage-target.ts';
import { profileTable } from '../../harness/runner/profile/profile-table.ts';
import { RunProfile } from '../../harness/runner/profile/run-profile.ts';
import { requireFolder } from '../../harness/this-machine/writable-path.ts';
import { notify } from '../../harness/verdicts/run-listener.ts';
import { isScreen, parseCommon } from '../options/options.ts';
import { baselineOptions, exitCodeAgainst, readBaselineOptions } from '../run/baseline-options.ts';
import { eachOf } from '../run/each-of.ts';
import { interruption } from '../run/interruption.ts';
import { openRun, runFolder } from '../run/open-run.ts';
import { enterLabOf, type RunJob, runTarget } from '../run/run-target.ts';
import { selectChecks } from '../run/select-checks.ts';
import { confirmHosts } from '../targets/confirm-hosts.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargetsOf } from '../targets/target-names.ts';

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
  const triage = triageOf(values);
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
  if (!(await confirmHosts({ targets, checks, options, mode: 'conformance' }))) return exitCodes.notJudged;
  runFolder(options.out);
  if (values.history !== undefined)
    requireFolder(String(values.history), '--history DIR: a folder that can be written');
  await enterLabOf(targets, options);

  const run = openRun(options);
  const live = !options.json && isScreen();
  const listeners = reports.openReports(run, {
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
    mode: 'conformance',
    checks,
    listeners,
    reports,
    signal: stop.signal,
    ...(profile ? { profile } : {}),
    ...(triage === undefined ? {} : { triage }),
  };
  notify(listeners, (listener) => listener.runStarted?.(run));
  // under emulation two machines already fill the cores of a small host: targets run side by side only in pairs
  const failures = await eachOf(targets, 2, (target) => runTarget(job, target));
  for (const listener of listeners) await listener.runEnded?.(run);
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

function triageOf(values: Readonly<Record<string, unknown>>): TriageOptions | undefined {
  const allowRootful = values['allow-rootful'] === true;
  if (values.oracle === true) return { allowRootful };
  if (!allowRootful) return undefined;
  throw new RdcError('USAGE', '--allow-rootful is for the views of --oracle', {
    hint: './rdc run TARGET --oracle --allow-rootful',
  });
}
