import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { suiteIdentity } from '../../harness/checks/suite-identity.ts';
import { loadReports } from '../../harness/cli/load-reports.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
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
import { printable, selftestListener } from '../../reports/selftest/listener.ts';
import { carriedRows, selftestFileName } from '../../reports/selftest/resume.ts';
import { selftestSummary } from '../../reports/selftest/summary.ts';
import { type CommonName, parseCommon } from '../options/options.ts';
import { oneOf } from '../options/values.ts';
import { interruption } from '../run/interruption.ts';
import { openRun, runFolder } from '../run/open-run.ts';
import { enterLabOf, type RunJob, runTarget } from '../run/run-target.ts';
import { selectChecks } from '../run/select-checks.ts';
import { confirmHosts } from '../targets/confirm-hosts.ts';
import { requireHostOptions } from '../targets/ssh-addresses.ts';
import { resolveTargetsOf } from '../targets/target-names.ts';

const radii = ['read-only', 'all'] as const;

/** A fault is noticed or not, whatever gates, and whether the check was known to fail. */
const taken: readonly CommonName[] = [
  ...(['suite', 'check', 'level', 'out', 'fresh', 'as-is', 'keep', 'image', 'recipe', 'sha256', 'yes', 'lab'] as const),
  ...(['identity', 'jump', 'root-via', 'json', 'no-color'] as const),
];

/** `rdc selftest`: the fault of each check. Exit code 0 when every possible fault was killed, 1 when one survived. */
export async function selftestCommand(words: readonly string[]): Promise<number> {
  const { options, positionals, values } = parseCommon(withRadius(words), {
    command: 'selftest',
    takes: taken,
    own: { resume: { type: 'boolean' }, 'blast-radius': { type: 'string' } },
  });
  const [target, ...others] = await resolveTargetsOf(positionals, options);
  if (target === undefined || others.length > 0) {
    throw new RdcError('USAGE', `selftest takes one target, not ${positionals.length}`, {
      hint: './rdc selftest debian-13',
    });
  }
  requireHostOptions([target], options);
  const asked = values['blast-radius'] as string | undefined;
  const blastRadius = asked === undefined ? undefined : oneOf('blast-radius', asked, radii);
  const checks = selectChecks(await loadChecks(), options);
  const carried =
    values.resume === true
      ? carriedRows(checks, {
          folder: join(checkout, 'reports/out'),
          named: options.out,
          target: target.name,
          digest: suiteIdentity().digest,
          wantsBlastRadius: blastRadius !== undefined,
        })
      : [];
  const left = checks.filter(({ id }) => !carried.some((row) => row.id === id));
  const asking = { targets: [target], checks: left, options, mode: 'fault-test' } as const;
  if (left.length > 0 && !(await confirmHosts(asking))) return exitCodes.notJudged;
  runFolder(options.out);
  if (left.length > 0) await enterLabOf([target], options);

  const { writeFileAtomic, ...reports } = await loadReports();
  const run = openRun(options);
  const file = join(run.folder, selftestFileName);
  const state = selftestState({ run, target: target.name, checks, left, carried });
  const write = (broken?: string) => writeFileAtomic(file, `${JSON.stringify(state.document(broken), null, 2)}\n`);
  // what a fault does is no verdict on the target: no results.json that one could mistake for a run
  const listeners = [selftestListener(state.metas, write)];
  write();
  if (carried.length > 0) say(`${carried.length} of ${checks.length} outcomes are those of earlier runs`);
  const stop = interruption();
  const { metas } = state;
  const job: RunJob = {
    run,
    options,
    mode: 'fault-test',
    checks: left,
    listeners,
    reports,
    signal: stop.signal,
    metas,
  };
  if (left.length > 0) await runTarget(blastRadius === undefined ? job : { ...job, sideEffects: blastRadius }, target);
  stop.release();

  const document = state.end(stop.signal.aborted);
  writeFileAtomic(file, `${JSON.stringify(document, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`);
  for (const line of ['', ...selftestSummary(document.checks)]) say(line);
  say(file);
  return stop.signal.aborted ? exitCodes.interrupted : exitCodeOfRows(document.checks);
}

const say = (line: string) => void process.stderr.write(`${printable(line)}\n`);

/** `--blast-radius` alone means the checks that only read. */
function withRadius(words: readonly string[]): string[] {
  const isValue = (word: string | undefined) => radii.some((radius) => radius === word);
  return words.map((word, index) =>
    word === '--blast-radius' && !isValue(words[index + 1]) ? '--blast-radius=read-only' : word,
  );
}

type SelftestInput = {
  readonly run: RunContext;
  readonly target: string;
  readonly checks: readonly DeclaredCheck[];
  readonly left: readonly DeclaredCheck[];
  readonly carried: readonly SelftestRow[];
};

/** What selftest.json says at each moment: killed at any of them, what is on disk can be resumed. */
function selftestState({ run, target, checks, left, carried }: SelftestInput) {
  const metas: CheckMetas = new Map();
  let broken: string | undefined;
  const documentOf = (found: readonly SelftestRow[], incomplete: string | undefined): Selftest => {
    const rows = checks.flatMap(({ id }) => [...carried, ...found].find((row) => row.id === id) ?? []);
    const about = { target, suite: run.suite, run: { id: run.id, startedAt: run.startedAt.toISOString() } };
    return { ...about, checks: rows, score: scoreOf(rows), ...(incomplete === undefined ? {} : { incomplete }) };
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
