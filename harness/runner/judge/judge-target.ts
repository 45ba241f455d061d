import type { Reporter } from 'vitest/node';
import type { DeclaredCheck } from '../../checks/check.ts';
import { putBackLeftovers } from '../../checks/set-aside.ts';
import { ensureFixtureImage } from '../../fixture-image/build.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Connection } from '../../target-host/connection/address.ts';
import { connectTarget } from '../../target-host/connection/connect.ts';
import { readDaemonFacts } from '../../target-host/docker/daemon-facts.ts';
import { notify, type RunListener, type TargetContext } from '../../verdicts/run-listener.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { Assignment, CheckMeta } from '../protocol/protocol.ts';
import { requireDiskSpace } from '../verify/disk-space.ts';
import { judge } from './judge.ts';
import { runChecks, type VitestJob } from './run-vitest.ts';
import { type TriageOptions, triageTarget } from './triage-target.ts';

export type TargetJob = Pick<Assignment, 'connection' | 'sideEffects' | 'profile' | 'checkTimeoutMs'> & {
  readonly mode: 'conformance' | 'fault-test';
  readonly context: TargetContext;
  readonly checks: readonly DeclaredCheck[];
  readonly listeners: readonly RunListener[];
  /** further vitest reporters, made when the verdicts can be looked up */
  readonly reporters: (judged: (id: string) => CheckResult | undefined) => readonly Reporter[];
  readonly onMeta?: (id: string, meta: CheckMeta) => void;
  readonly signal: AbortSignal;
  /** starts a second machine of the same state; undefined where that failed */
  readonly second?: () => Promise<Omit<Connection, 'image'> | undefined>;
  /** `--oracle`: two more views of what is red, after the verdicts */
  readonly triage?: TriageOptions;
};

/** Judges one target that can be reached. Returns what broke besides single checks, or undefined. */
export async function judgeTarget(job: TargetJob): Promise<string | undefined> {
  const { context, listeners, checks, mode, sideEffects, profile, checkTimeoutMs } = job;
  const { host, daemon } = await readFacts(job.connection);
  const image = await ensureFixtureImage({ arch: imageArchitecture(host.architecture) });
  const facts = { host: { ...host }, daemon: daemon && { ...daemon }, fixtureImage: image.digest };
  notify(listeners, (listener) => listener.factsRead?.(context, facts));
  if (job.signal.aborted) return 'interrupted';
  const results = new Map<string, CheckResult>();
  const connection = { ...job.connection, image, host };
  const lost = new AbortController();
  const { broken } = await runPhases(job.second, {
    mode,
    sideEffects,
    profile,
    checkTimeoutMs,
    connection,
    checks,
    signal: AbortSignal.any([job.signal, lost.signal]),
    reporters: job.reporters((id) => results.get(id)),
    onStarted: (id) => notify(listeners, (listener) => listener.checkStarted?.(context, id)),
    onJudged(id, meta, runner) {
      const declaration = context.expected.find((check) => check.id === id);
      if (!declaration) throw new RdcError('REPORT', `verdict for ${id}, which was not requested`);
      const result = judge(declaration, meta, runner);
      results.set(id, result);
      // before the listeners: they may look it up
      job.onMeta?.(id, metaAsJudged(meta, result));
      notify(listeners, (listener) => listener.checkJudged?.(context, result));
      // one message for a target that is gone, not one for each check that is left
      if (meta.lost !== undefined) lost.abort(meta.lost);
    },
  });
  if (job.signal.aborted) return 'interrupted';
  if (lost.signal.aborted) return String(lost.signal.reason);
  const missing = checks.filter(({ id }) => !results.has(id)).map(({ id }) => id);
  const triageBroke = job.triage && (await triageTarget({ ...job, ...job.triage, connection, results }));
  const rest = [...broken, ...(triageBroke === undefined ? [] : [triageBroke])].join('; ');
  if (missing.length > 0) return `never judged: ${missing.join(', ')}${rest === '' ? '' : ` (${rest})`}`;
  return rest === '' ? undefined : rest;
}

/** What restarts something is judged on the second machine at the same time, where there is one. */
async function runPhases(second: TargetJob['second'], job: VitestJob): Promise<{ readonly broken: readonly string[] }> {
  if (!second) return await runChecks(job);
  const [steady, disruptive] = [false, true].map((restarts) =>
    job.checks.filter(({ restartsDaemon = false }) => restartsDaemon === restarts),
  ) as [DeclaredCheck[], DeclaredCheck[]];
  // it starts after the first verdict, which would wait for its boot
  const begun = Promise.withResolvers<void>();
  const onJudged: VitestJob['onJudged'] = (...judged) => {
    begun.resolve();
    job.onJudged(...judged);
  };
  const onSecond = async () => {
    await begun.promise;
    const connection = job.signal?.aborted ? undefined : await second();
    return (
      connection && (await runChecks({ ...job, checks: disruptive, connection: { ...job.connection, ...connection } }))
    );
  };
  const [first, other] = await Promise.all([
    runChecks({ ...job, checks: steady, onJudged }).finally(begun.resolve),
    onSecond(),
  ]);
  const last = other ?? (await runChecks({ ...job, checks: disruptive }));
  return { broken: [...first.broken, ...last.broken] };
}

/** vitest has the last word on a fault test too: a kill in a test that broke does not count, and a timeout is a reason. */
function metaAsJudged(meta: CheckMeta, { verdict, reason }: CheckResult): CheckMeta {
  const why = reason === undefined ? {} : { reason };
  if (meta.outcome === 'killed' && verdict !== 'pass') return { ...meta, ...why, outcome: 'error' };
  return { ...why, ...meta };
}

/** A first connection of its own: a target that cannot be reached or makes no sense is one clear error and not one a check. */
async function readFacts(connection: Connection) {
  const connected = await connectTarget(connection);
  try {
    const target = connected.observedBy({ command() {}, note() {} });
    await requireDiskSpace(target);
    await putBackLeftovers(target);
    return { host: connected.host, daemon: await readDaemonFacts(target) };
  } finally {
    await connected.close();
  }
}

function imageArchitecture(machine: string): 'amd64' | 'arm64' {
  if (machine === 'x86_64') return 'amd64';
  if (machine === 'aarch64') return 'arm64';
  throw new RdcError('IMAGE', `unsupported architecture ${machine}; supported: x86_64, aarch64`);
}
