import { join } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { suiteIdentity } from '../../harness/checks/suite-identity.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import type { RunContext } from '../../harness/verdicts/run-listener.ts';
import {
  type CheckMetas,
  exitCodeOfRows,
  judgedRows,
  neverTried,
  type Selftest,
  type SelftestRow,
  scoreOf,
} from '../../reports/selftest/fault-results.ts';
import { selftestListener } from '../../reports/selftest/listener.ts';
import { carriedRows, selftestFileName } from '../../reports/selftest/resume.ts';
import { selftestSummary } from '../../reports/selftest/summary.ts';
import { defineCommand, type RdcCommand } from '../options/command-line.ts';
import { declareRunning } from '../options/options.ts';
import { print, say } from '../options/output.ts';
import { interruption, openRun, ranBy, runFolder } from '../run/open-run.ts';
import { enterLabOf, type RunJob, runTarget } from '../run/run-target.ts';
import { selectChecks } from '../run/select-checks.ts';
import { confirmHosts } from '../targets/confirm-hosts.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargetsOf, type TargetName } from '../targets/target-names.ts';

const radii = ['read-only', 'all'] as const;

const about =
  'Applies the fault of each check and expects the check to fail with its own message. Faults are applied as root and ' +
  'undone afterwards; use it on machines of the lab.';

const declared = declareRunning('selftest', about, {
  examples: ['selftest debian-13 --suite sockets', 'selftest debian-13 --resume'],
  notes: [
    'Exit codes: 0 every possible fault was noticed, and no other red is unexplained; 1 not so; 3 a fault could not be tried; 130 interrupted.',
  ],
})
  .argument('[target]', 'a machine of vms/machines.json (default: debian-13), ssh://USER@HOST[:PORT], or local')
  .optionsGroup('Faults:')
  .option('--resume', 'keep what earlier runs of this suite found on this target, and try the rest')
  .addOption(
    new Option(
      '--blast-radius [which]',
      'judge other checks under each fault too: read-only ones, or all steady ones; an unexplained red is a finding',
    )
      .choices(radii)
      .preset('read-only'),
  );
type Options = ReturnType<typeof declared.opts>;

const parsed = defineCommand(declared, async ([word], options) => {
  const [target] = await resolveTargetsOf(word === undefined ? [] : [word], options);
  requireHostOptions([target], options);
  const checks = selectChecks(await loadChecks(), options);
  const carried = options.resume ? earlierRows(checks, target, options) : [];
  const left = checks.filter(({ id }) => !carried.some((row) => row.id === id));
  const asking = { targets: [target], checks: left, options, mode: 'fault-test' } as const;
  if (left.length > 0 && !(await confirmHosts(asking))) return exitCodes.notJudged;
  runFolder(options.out);
  if (left.length > 0) await enterLabOf([target], options);
  return await tryFaults({ target, checks, left, carried }, options);
});

export const command: RdcCommand = { declared, run: (words) => parsed.run(withRadius(words)) };

/** commander takes the next word as the value, whatever it is: here `--blast-radius debian-13` names a target. */
function withRadius(words: readonly string[]): string[] {
  const isValue = (word: string | undefined) => radii.some((radius) => radius === word);
  return words.map((word, index) =>
    word === '--blast-radius' && !isValue(words[index + 1]) ? '--blast-radius=read-only' : word,
  );
}

function earlierRows(checks: readonly DeclaredCheck[], target: TargetName, options: Options) {
  const { out, blastRadius } = options;
  return carriedRows(checks, {
    folder: join(checkout, 'reports/out'),
    named: out,
    target: target.name,
    ...ranBy(target, options),
    digest: suiteIdentity().digest,
    wantsBlastRadius: blastRadius !== undefined,
  });
}

async function tryFaults(plan: Plan, options: Options): Promise<number> {
  const { target, checks, left, carried } = plan;
  const run = openRun(options);
  const file = join(run.folder, selftestFileName);
  const state = selftestState(plan, run, options);
  const write = (document: Selftest) => writeFileAtomic(file, `${JSON.stringify(document, null, 2)}\n`);
  write(state.document());
  if (carried.length > 0) say(`${carried.length} of ${checks.length} outcomes are from earlier runs`);
  const stop = interruption();
  const job: RunJob = {
    run,
    options,
    mode: 'fault-test',
    checks: left,
    // what a fault does is not a verdict on the target: no results.json that one could mistake for a run
    listeners: [selftestListener(state.metas, (broken) => write(state.document(broken)))],
    signal: stop.signal,
    metas: state.metas,
    ...(options.blastRadius === undefined ? {} : { sideEffects: options.blastRadius }),
  };
  if (left.length > 0) await runTarget(job, target);
  stop.release();

  const document = state.end(stop.signal.aborted);
  write(document);
  if (options.json) print(JSON.stringify(document));
  for (const line of ['', ...selftestSummary(document.checks)]) say(line);
  say(file);
  return stop.signal.aborted ? exitCodes.interrupted : exitCodeOfRows(document.checks);
}

type Plan = {
  readonly target: TargetName;
  readonly checks: readonly DeclaredCheck[];
  /** those still to be tried */
  readonly left: readonly DeclaredCheck[];
  /** what earlier runs found of the others */
  readonly carried: readonly SelftestRow[];
};

/** What selftest.json says at each moment: killed at any of them, what is on disk can be resumed. */
function selftestState({ target, checks, left, carried }: Plan, run: RunContext, options: Options) {
  const metas: CheckMetas = new Map();
  let broken: string | undefined;
  const documentOf = (found: readonly SelftestRow[], incomplete: string | undefined): Selftest => {
    const rows = checks.flatMap(({ id }) => [...carried, ...found].find((row) => row.id === id) ?? []);
    return {
      target: target.name,
      ...ranBy(target, options),
      suite: run.suite,
      run: { id: run.id, startedAt: run.startedAt.toISOString() },
      checks: rows,
      score: scoreOf(rows),
      ...(incomplete === undefined ? {} : { incomplete }),
    };
  };
  return {
    metas,
    document(reason?: string): Selftest {
      broken = reason ?? broken;
      const toTry = left.filter(({ id }) => !metas.has(id)).length;
      return documentOf(judgedRows(left, metas), broken ?? `${toTry} of ${checks.length} checks are still to be tried`);
    },
    end(isInterrupted: boolean): Selftest {
      const why = isInterrupted ? 'interrupted' : broken;
      return documentOf([...judgedRows(left, metas), ...neverTried(left, metas, why)], why);
    },
  };
}
