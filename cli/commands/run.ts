import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import type { TriageOptions } from '../../harness/runner/judge/triage-target.ts';
import { profileTable } from '../../harness/runner/profile/profile-table.ts';
import { RunProfile } from '../../harness/runner/profile/run-profile.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { requireFolder } from '../../harness/this-machine/writable-path.ts';
import { notify } from '../../harness/verdicts/run-listener.ts';
import { resultsOfRun } from '../../reports/results/finished-run.ts';
import { readWaivers } from '../../reports/waivers/read-waivers.ts';
import type { Waiver } from '../../reports/waivers/waivers.schema.ts';
import { defineCommand } from '../options/command-line.ts';
import { declareRunning, failOn, gate, history } from '../options/options.ts';
import { isScreen, print } from '../options/output.ts';
import { usageError } from '../options/values.ts';
import { type AskedBaseline, exitCodeAgainst, readBaselineOptions } from '../run/baseline-options.ts';
import { sayEmulation } from '../run/emulation-note.ts';
import { interruption, openRun, runFolder } from '../run/open-run.ts';
import { eachOf, enterLabOf, type RunJob, runTarget } from '../run/run-target.ts';
import { selectChecks } from '../run/select-checks.ts';
import { confirmHosts } from '../targets/confirm-hosts.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargetsOf, type TargetName } from '../targets/target-names.ts';

const about = 'Checks targets for conformance and reports. A machine of the lab is set up first.';

const declared = declareRunning('run', about, {
  examples: [
    'run debian-13',
    'run ssh://me@host.example --yes --check SOCK-MODE,NS-UIDMAP',
    'run --image FILE.qcow2 --recipe debian',
    'run debian-13 --baseline reports/out --fail-on regression',
  ],
  notes: [
    'Exit codes: 0 conformant; 1 a check of a gated level failed, a waiver is stale, or --fail-on applies; 2 bad usage or input; 3 not judged; 130 interrupted.',
  ],
})
  .argument('[targets...]', 'machines of vms/machines.json (default: debian-13), ssh://USER@HOST[:PORT], or local')
  .optionsGroup('Result:')
  .addOption(gate)
  .option('--waivers <file>', 'known failures: shown as expected, and red when they are stale (docs/guides/waivers.md)')
  .option(
    '--baseline <path>',
    'compare with an earlier run of the same target: a results file, a run folder, or a folder of runs (reports/out: ' +
      'the newest conformant one); verdicts stay as they are',
  )
  .addOption(failOn)
  .addOption(history)
  .option('--profile', 'where the time of each check goes: profile.json, and a table on stderr')
  .option(
    '--oracle',
    'find the cause of red checks: repeat them with a rootful daemon, and as the user without Docker; verdicts stay as they are (docs/guides/triage.md)',
  )
  .option('--allow-rootful', 'with --oracle: start that daemon on ssh:// and local too');
type Options = ReturnType<typeof declared.opts>;

type Plan = {
  readonly targets: readonly TargetName[];
  readonly checks: readonly DeclaredCheck[];
  readonly waivers: readonly Waiver[];
  readonly baseline: AskedBaseline;
  readonly triage: TriageOptions | undefined;
};

/** Whatever can be refused is refused before anything is started. */
export const command = defineCommand(declared, async ([words], options) => {
  const triage = triageOf(options);
  const targets = await resolveTargetsOf(words, options);
  requireHostOptions(targets, options);
  const all = await loadChecks();
  const checks = selectChecks(all, options);
  const ids = all.map(({ id }) => id);
  const waivers = options.waivers === undefined ? [] : readWaivers(options.waivers, ids);
  const baseline = readBaselineOptions(options, { targets, checks });
  if (!(await confirmHosts({ targets, checks, options, mode: 'conformance' }))) return exitCodes.notJudged;
  runFolder(options.out);
  if (options.history !== undefined) requireFolder(options.history, '--history DIR: a folder that can be written');
  const onAccel = sayEmulation({ targets, options, suiteSize: all.length });
  await enterLabOf(targets, options, onAccel);
  return await judgeAll({ targets, checks, waivers, baseline, triage }, options);
});

async function judgeAll(plan: Plan, options: Options): Promise<number> {
  const run = openRun(options);
  const stop = interruption();
  const profile = options.profile ? new RunProfile() : undefined;
  const reports = await openReports(run, plan, options);
  const { listeners } = reports;
  const { checks, triage } = plan;
  const onTwo = isWorthTwoMachines(plan, options);
  const judging = { run, options, checks, profile, triage, onTwo, signal: stop.signal };
  const job: RunJob = { mode: 'conformance', ...judging, ...reports };
  notify(listeners, (listener) => listener.runStarted?.(run));
  // under emulation two machines already fill the cores of a small host: targets run side by side only in pairs
  const failures = await eachOf(plan.targets, 2, (target) => runTarget(job, target));
  for (const listener of listeners) await listener.runEnded?.(run);
  stop.release();
  if (failures.length > 0) throw failures[0];
  if (profile) writeProfiles(profile);
  if (options.json) print(JSON.stringify(resultsOfRun(run.folder)));
  return stop.signal.aborted ? exitCodes.interrupted : exitCodeAgainst(plan.baseline, run);
}

/** A second one boots in about as long as three checks that restart something take. `--keep` is of the one that was judged. */
function isWorthTwoMachines({ targets, checks }: Plan, { keep, profile }: Options): boolean {
  const disruptive = checks.filter(({ restartsDaemon }) => restartsDaemon).length;
  return targets.length === 1 && !keep && !profile && Math.min(disruptive, checks.length - disruptive) > 3;
}

/** Imported here: Allure takes a second to load, and the command may start anew inside of the lab before it needs it. */
async function openReports(run: RunJob['run'], { waivers, baseline }: Plan, options: Options) {
  const [{ createListeners }, { createAllureReporter }] = await Promise.all([
    import('../../reports/live/listeners.ts'),
    import('../../reports/allure/reporter.ts'),
  ]);
  const listeners = createListeners({
    run,
    live: !options.json && isScreen(),
    waivers,
    ...(baseline.options ? { baseline: baseline.options } : {}),
    ...(options.history === undefined ? {} : { history: options.history }),
  });
  const reporters: RunJob['reporters'] = (target, judged) => [createAllureReporter({ target, judged })];
  return { listeners, reporters };
}

/** The table on stderr: the last line of stdout is the conclusion. */
function writeProfiles(profile: RunProfile): void {
  for (const { folder, ...one } of profile.all()) {
    writeFileAtomic(join(folder, 'profile.json'), `${JSON.stringify(one, null, 2)}\n`);
    process.stderr.write(profileTable(one));
  }
}

function triageOf({ oracle, allowRootful: isAllowed }: Options): TriageOptions | undefined {
  const allowRootful = isAllowed === true;
  if (oracle) return { allowRootful };
  if (!allowRootful) return undefined;
  throw usageError('--allow-rootful needs --oracle', './rdc run TARGET --oracle --allow-rootful');
}
