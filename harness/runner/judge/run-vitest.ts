import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  BaseSequencer,
  // biome-ignore lint/suspicious/noDeprecatedImports: only another overload is deprecated
  createVitest,
  type Reporter,
  type TestCase,
  type TestModule,
  type TestSpecification,
  type TestUserConfig,
} from 'vitest/node';
import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Connection } from '../../target-host/connection/address.ts';
import { cachePath, checkout } from '../../this-machine/paths.ts';
import type { Assignment, CheckMeta } from '../protocol/protocol.ts';
import { timeLimitMs } from '../protocol/time-limit.ts';
import type { RunnerWord } from './judge.ts';
import { type WorkerWatch, watchWorker } from './worker-watchdog.ts';

/** Of those that disturb nobody (`concurrent`); measured: docs/benchmarks.md. */
const checksAtOnce = 3;
/** Of a worker, beyond the limit of a check: a hook has two minutes. */
const defaultSilenceMs = 180_000;

export type VitestJob = {
  readonly mode: Assignment['mode'];
  readonly connection: Connection;
  readonly checks: readonly DeclaredCheck[];
  /** reporters that look at the same tests, e.g. Allure's; they come after `onJudged` */
  readonly reporters?: readonly Reporter[];
  readonly onStarted?: (id: string) => void;
  readonly onJudged: (id: string, meta: CheckMeta, runner: RunnerWord) => void;
  readonly signal?: AbortSignal;
  /** folder that holds suites/; the tests of the runner bring their own */
  readonly root?: string;
  /** limit of one check instead of the mode's own */
  readonly checkTimeoutMs?: number;
  /** how long a worker may say nothing, beyond the limit of a check; the tests of the runner are in a hurry */
  readonly silenceMs?: number;
  /** fault test: judge others under each fault too */
  readonly sideEffects?: NonNullable<Assignment['sideEffects']>;
  readonly profile?: true;
  /** triage: why there is no rootful daemon */
  readonly noRootful?: string;
};

/** What broke besides single checks: a spec file that did not load, a hook, an unhandled rejection. */
export type VitestEnd = { readonly broken: readonly string[] };

/**
 * Runs the checks of one target in vitest: one project for those that leave the machine alone, then one for
 * those that restart the daemon. Each project is one process that keeps its SSH connections over all spec files.
 */
export async function runChecks(job: VitestJob): Promise<VitestEnd> {
  const broken: string[] = [];
  const dropForeignListeners = rememberSignalListeners();
  const silenceMs =
    (job.silenceMs ?? defaultSilenceMs) + Math.max(...job.checks.map((check) => timeLimitMs(check, job)));
  const watch = watchWorker(silenceMs, () => {
    broken.push(`worker unresponsive for ${Math.round(silenceMs / 1000)} s; killed`);
    // what it had changed nobody takes back any more
    cancel();
  });
  const cache = compileCache();
  const vitest = await createVitest(
    {
      root: checkout,
      config: false,
      watch: false,
      run: true,
      passWithNoTests: true,
      fsModuleCachePath: join(cache, 'modules'),
      sequence: { sequencer: inOrderOf(job.checks.map((check) => check.area)) },
      reporters: [judgingReporter(job, broken, watch), ...(job.reporters ?? [])],
      projects: projectsOf(job),
    },
    { logLevel: 'error', cacheDir: join(cache, 'vite') },
  );
  dropForeignListeners();
  const cancel = () => void vitest.cancelCurrentRun('keyboard-input');
  job.signal?.addEventListener('abort', cancel, { once: true });
  const exitCode = process.exitCode;
  try {
    // a signal that came before was no event for anybody here
    if (!job.signal?.aborted) await vitest.start();
  } finally {
    watch.stop();
    job.signal?.removeEventListener('abort', cancel);
    await vitest.close();
    // vitest sets the process' exit code by its own idea of success; ours is decided from the verdicts
    process.exitCode = exitCode;
  }
  return { broken };
}

/** A run writes nothing into its checkout, which may belong to somebody else. Of each checkout: their dependencies differ. */
function compileCache(): string {
  const key = createHash('sha256').update(checkout).digest('hex').slice(0, 12);
  return cachePath('compile', `vitest-${key}`);
}

/** vitest ends the process a millisecond after a signal; the run has reports to finish and machines to power off first. */
function rememberSignalListeners(): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const own = new Map(signals.map((signal) => [signal, new Set(process.listeners(signal))]));
  return () => {
    for (const signal of signals) {
      for (const listener of process.listeners(signal)) {
        if (!own.get(signal)?.has(listener)) process.off(signal, listener);
      }
    }
  };
}

function projectsOf(job: VitestJob): NonNullable<TestUserConfig['projects']> {
  const calm = job.checks.filter((check) => !check.restartsDaemon);
  const restarting = job.checks.filter((check) => check.restartsDaemon);
  return [
    { name: 'steady', checks: calm },
    { name: 'disruptive', checks: restarting },
  ]
    .filter(({ checks }) => checks.length > 0)
    .map(({ name, checks }, groupOrder) => project(job, `${job.connection.name} ${name}`, { checks, groupOrder }));
}

function project(job: VitestJob, name: string, part: { checks: readonly DeclaredCheck[]; groupOrder: number }) {
  const { checks, groupOrder } = part;
  const { mode, connection, root = checkout, checkTimeoutMs, sideEffects, profile, noRootful } = job;
  const assignment: Assignment = {
    mode,
    connection,
    selected: checks.map((check) => check.id),
    applicable: checks.filter((check) => applies(check, connection)).map((check) => check.id),
    root,
    ...(checkTimeoutMs === undefined ? {} : { checkTimeoutMs }),
    ...(sideEffects === undefined ? {} : { sideEffects }),
    ...(profile === undefined ? {} : { profile }),
    ...(noRootful === undefined ? {} : { noRootful }),
  };
  const areas = [...new Set(checks.map((check) => check.area))];
  return {
    test: {
      name,
      root,
      include: areas.map((area) => `suites/${area}/*.spec.ts`),
      setupFiles: [join(checkout, 'harness/runner/worker/setup.ts')],
      provide: { assignment },
      environment: 'node',
      pool: 'forks' as const,
      isolate: false,
      fileParallelism: false,
      maxWorkers: 1,
      retry: 0,
      sequence: { groupOrder },
      maxConcurrency: checksAtOnce,
      // vitest counts for one test at a time: runConformance counts for itself. In triage there may be nothing to assert
      expect: { requireAssertions: mode === 'fault-test' },
      // a reason such as `expected [ …(5) ] to deeply equal []` leaves out what was found
      chaiConfig: { truncateThreshold: 400 },
      hookTimeout: 120_000,
      teardownTimeout: 20_000,
    },
  };
}

function applies(check: DeclaredCheck, { host }: Connection): boolean {
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
  const add = (where: string, errors: readonly { message: string }[]) => {
    for (const error of errors) broken.push(`${where}: ${error.message}`);
  };
  return {
    onTestModuleCollected(module: TestModule) {
      for (const test of module.children.allTests()) watch.heard((test.meta() as CheckMeta).worker);
    },
    onTestCaseReady(test) {
      watch.heard((test.meta() as CheckMeta).worker);
      job.onStarted?.(idOf(test));
    },
    onTestCaseResult(test) {
      watch.heard((test.meta() as CheckMeta).worker);
      const result = test.result();
      job.onJudged(idOf(test), test.meta() as CheckMeta, {
        state: result.state,
        errors: (result.errors ?? []).map((error) => error.message),
        durationMs: test.diagnostic()?.duration ?? 0,
      });
    },
    onTestModuleEnd(module: TestModule) {
      watch.heard(undefined);
      add(module.relativeModuleId, module.errors());
    },
    onTestRunEnd: (_modules, unhandled) => add('unhandled', unhandled),
  };
}

function idOf(test: TestCase): string {
  const id = (test.meta() as CheckMeta).id ?? test.name.split(':')[0];
  if (id === undefined || id === '') throw new RdcError('REPORT', `a test without a check id: ${test.fullName}`);
  return id;
}
