import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  BaseSequencer,
  // biome-ignore lint/suspicious/noDeprecatedImports: only another overload is deprecated
  createVitest,
  type Reporter,
  type TestCase,
  type TestSpecification,
  type TestUserConfig,
} from 'vitest/node';
import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import { cachePath, checkout } from '../../this-machine/paths.ts';
import { type Assignment, type CheckMeta, timeLimitMs } from '../protocol/protocol.ts';
import type { RunnerWord } from './judge.ts';
import { type WorkerWatch, watchWorker } from './worker-watchdog.ts';

export type VitestJob = Omit<Assignment, 'selected' | 'applicable'> & {
  readonly checks: readonly DeclaredCheck[];
  /** reporters that look at the same tests, e.g. Allure's; they come after `onJudged` */
  readonly reporters?: readonly Reporter[];
  readonly onStarted?: (id: string) => void;
  readonly onJudged: (id: string, meta: CheckMeta, runner: RunnerWord) => void;
  readonly signal?: AbortSignal;
  /** how long a worker may say nothing, beyond the limit of a check: a hook has two minutes */
  readonly silenceMs?: number;
};

/**
 * Runs the checks of one target in vitest: one project for those that leave the machine alone, then one for
 * those that restart the daemon. Each project is one process that keeps its SSH connections over all spec files.
 * `broken` is what broke besides single checks: a spec file that did not load, a hook, an unhandled rejection.
 */
export async function runChecks(job: VitestJob): Promise<{ readonly broken: readonly string[] }> {
  const { checks, signal } = job;
  const broken: string[] = [];
  const dropForeignListeners = rememberSignalListeners();
  const silenceMs = (job.silenceMs ?? 180_000) + Math.max(...checks.map((check) => timeLimitMs(check, job)));
  const watch = watchWorker(silenceMs, () => {
    broken.push(`worker unresponsive for ${Math.round(silenceMs / 1000)} s; killed`);
    // what it had changed nobody takes back any more
    cancel();
  });
  // a run writes nothing into its checkout, which may belong to somebody else; the dependencies of checkouts differ
  const cache = cachePath('compile', `vitest-${createHash('sha256').update(checkout).digest('hex').slice(0, 12)}`);
  const vitest = await createVitest(
    {
      root: checkout,
      config: false,
      watch: false,
      run: true,
      passWithNoTests: true,
      fsModuleCachePath: join(cache, 'modules'),
      sequence: { sequencer: inOrderOf(checks.map((check) => check.area)) },
      reporters: [judgingReporter(job, broken, watch), ...(job.reporters ?? [])],
      projects: projectsOf(job),
    },
    { logLevel: 'error', cacheDir: join(cache, 'vite') },
  );
  dropForeignListeners();
  const cancel = () => void vitest.cancelCurrentRun('keyboard-input');
  signal?.addEventListener('abort', cancel, { once: true });
  const exitCode = process.exitCode;
  try {
    // a signal that came before was no event for anybody here
    if (!signal?.aborted) await vitest.start();
  } finally {
    watch.stop();
    signal?.removeEventListener('abort', cancel);
    await vitest.close();
    // vitest sets the process' exit code by its own idea of success; ours is decided from the verdicts
    process.exitCode = exitCode;
  }
  return { broken };
}

/** vitest ends the process a millisecond after a signal; the run has reports to finish and machines to power off first. */
function rememberSignalListeners(): () => void {
  const own = (['SIGINT', 'SIGTERM'] as const).map((signal) => ({ signal, listeners: process.listeners(signal) }));
  return () => {
    for (const { signal, listeners } of own) {
      for (const listener of process.listeners(signal))
        if (!listeners.includes(listener)) process.off(signal, listener);
    }
  };
}

function projectsOf(job: VitestJob): NonNullable<TestUserConfig['projects']> {
  const { steady = [], disruptive = [] } = Object.groupBy(job.checks, ({ restartsDaemon }) =>
    restartsDaemon ? 'disruptive' : 'steady',
  );
  return Object.entries({ steady, disruptive })
    .filter(([, checks]) => checks.length > 0)
    .map(([name, checks], groupOrder) => project(job, checks, { name: `${job.connection.name} ${name}`, groupOrder }));
}

function project(
  { mode, connection, root = checkout, checkTimeoutMs, sideEffects, profile, noRootful }: VitestJob,
  checks: readonly DeclaredCheck[],
  { name, groupOrder }: { name: string; groupOrder: number },
) {
  const selected = checks.map(({ id }) => id);
  const applicable = checks.filter((check) => applies(check, connection)).map(({ id }) => id);
  const areas = [...new Set(checks.map(({ area }) => area))];
  const about = { mode, connection, selected, applicable };
  return {
    test: {
      name,
      root,
      include: areas.map((area) => `suites/${area}/*.spec.ts`),
      setupFiles: [join(checkout, 'harness/runner/worker/setup.ts')],
      provide: { assignment: { ...about, root, checkTimeoutMs, sideEffects, profile, noRootful } },
      environment: 'node',
      pool: 'forks' as const,
      isolate: false,
      fileParallelism: false,
      maxWorkers: 1,
      retry: 0,
      sequence: { groupOrder },
      // of those that disturb nobody; measured: docs/benchmarks.md
      maxConcurrency: 3,
      // vitest counts for one test at a time: runConformance counts for itself. In triage there may be nothing to assert
      expect: { requireAssertions: mode === 'fault-test' },
      // a reason such as `expected [ …(5) ] to deeply equal []` leaves out what was found
      chaiConfig: { truncateThreshold: 400 },
      hookTimeout: 120_000,
      teardownTimeout: 20_000,
    },
  };
}

function applies(check: DeclaredCheck, { host }: VitestJob['connection']): boolean {
  try {
    return host !== undefined && (check.applies?.({ host }) ?? true) === true;
  } catch {
    // the error of that check, when it is judged
    return false;
  }
}

/** Spec files run in the order in which the areas were declared: what others stand on comes first. */
function inOrderOf(areas: readonly string[]): typeof BaseSequencer {
  const rank = (file: TestSpecification) => areas.findIndex((area) => file.moduleId.includes(`/suites/${area}/`));
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return files.toSorted((a, b) => rank(a) - rank(b));
    }
  };
}

function judgingReporter(job: VitestJob, broken: string[], watch: WorkerWatch): Reporter {
  const add = (where: string, errors: readonly { message: string }[]) =>
    void broken.push(...errors.map(({ message }) => `${where}: ${message}`));
  return {
    onTestModuleCollected(module) {
      for (const test of module.children.allTests()) watch.heard(metaOf(test).worker);
    },
    onTestCaseReady(test) {
      watch.heard(metaOf(test).worker);
      job.onStarted?.(idOf(test));
    },
    onTestCaseResult(test) {
      watch.heard(metaOf(test).worker);
      const { state, errors = [] } = test.result();
      const durationMs = test.diagnostic()?.duration ?? 0;
      job.onJudged(idOf(test), metaOf(test), { state, errors: errors.map(({ message }) => message), durationMs });
    },
    onTestModuleEnd(module) {
      watch.heard(undefined);
      add(module.relativeModuleId, module.errors());
    },
    onTestRunEnd: (_modules, unhandled) => add('unhandled', unhandled),
  };
}

const metaOf = (test: TestCase): CheckMeta => test.meta();

function idOf(test: TestCase): string {
  const id = metaOf(test).id ?? test.name.split(':')[0];
  if (!id) throw new RdcError('REPORT', `a test without a check id: ${test.fullName}`);
  return id;
}
