import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Connection } from '../../target-host/connection/address.ts';
import { connectTarget } from '../../target-host/connection/connect.ts';
import { rootfulSocket, startRootfulBeside } from '../../target-host/docker/rootful-daemon.ts';
import { notify, type RunListener, type TargetContext } from '../../verdicts/run-listener.ts';
import { attribute, type Triage, type View, viewOf, wantsViews } from '../../verdicts/triage.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import type { CheckMeta } from '../protocol/protocol.ts';
import { runChecks } from './run-vitest.ts';

export type TriageOptions = {
  /** a rootful daemon may also be started on hosts that the lab did not provision */
  readonly allowRootful: boolean;
};

export type TriageJob = TriageOptions & {
  readonly context: TargetContext;
  /** with the fixture image and the facts */
  readonly connection: Connection;
  readonly checks: readonly DeclaredCheck[];
  readonly results: ReadonlyMap<string, CheckResult>;
  readonly listeners: readonly RunListener[];
  readonly signal: AbortSignal;
  /** folder that holds suites/ */
  readonly root?: string;
};

/**
 * Triages each failed check and each limitation by two more views of it. Comes after all verdicts, and
 * changes none. Returns what broke (the host could not be put back as it was), or undefined.
 */
export async function triageTarget(job: TriageJob): Promise<string | undefined> {
  const { context, results, listeners, signal } = job;
  const wanted = job.checks.filter(({ id }) => {
    const result = results.get(id);
    return result !== undefined && wantsViews(result);
  });
  const declared = wanted.filter(({ triage }) => triage !== undefined);
  const undeclared = notTaken('this check declares no other view');
  for (const { id, triage } of wanted) {
    if (triage === undefined && results.get(id)?.verdict === 'fail') tellViews(job, id, undeclared);
  }
  if (declared.length === 0 || signal.aborted) return undefined;
  notify(listeners, (listener) => listener.stage?.(context.name, `triage of ${declared.length} checks`));
  try {
    await using rootful = await openRootful(job, declared);
    await lookFromElsewhere(job, declared, rootful);
    return undefined;
  } catch (error) {
    if (!(error instanceof RdcError)) throw error;
    return `triage could not restore the host: ${error.message}`;
  }
}

type Rootful = AsyncDisposable & { readonly reason?: string };

/** The rootful daemon while it is needed, or why there is none. */
async function openRootful(job: TriageJob, declared: readonly DeclaredCheck[]): Promise<Rootful> {
  const without = (reason: string): Rootful => ({ reason, [Symbol.asyncDispose]: async () => {} });
  if (declared.every(({ triage }) => triage?.notRootful !== undefined)) return without('no check needs it');
  if (job.context.kind !== 'machine' && !job.allowRootful) {
    return without('starting a rootful daemon on this host needs --allow-rootful');
  }
  const connected = await connectTarget(besideUsers(job.connection)).catch(unlessOurs);
  if (connected instanceof RdcError) return without(connected.message);
  const daemon = await startRootfulBeside(connected.observedBy({ command() {}, note() {} })).catch(async (error) => {
    await connected.close();
    throw error;
  });
  return {
    ...(typeof daemon === 'string' ? { reason: daemon } : {}),
    async [Symbol.asyncDispose]() {
      try {
        if (typeof daemon !== 'string') await daemon.stop();
      } finally {
        await connected.close();
      }
    },
  };
}

function unlessOurs(error: unknown): RdcError {
  if (error instanceof RdcError) return error;
  throw error;
}

function besideUsers(connection: Connection): Connection {
  return connection.host === undefined
    ? connection
    : { ...connection, host: { ...connection.host, socket: rootfulSocket } };
}

async function lookFromElsewhere(
  job: TriageJob,
  declared: readonly DeclaredCheck[],
  { reason }: Rootful,
): Promise<void> {
  const { connection, listeners, context, root } = job;
  const lost = new AbortController();
  const taken = new Set<string>();
  const { broken } = await runChecks({
    mode: 'triage',
    connection: reason === undefined ? besideUsers(connection) : connection,
    ...(reason === undefined ? {} : { noRootful: reason }),
    ...(root === undefined ? {} : { root }),
    checks: declared,
    signal: AbortSignal.any([job.signal, lost.signal]),
    onStarted: (id) => notify(listeners, (listener) => listener.checkStarted?.(context, id)),
    onJudged(id, meta, { errors }) {
      taken.add(id);
      tellViews(job, id, meta.views ?? notTaken(errors.join('; ') || 'triage ended early'), meta);
      if (meta.lost !== undefined) lost.abort(meta.lost);
    },
  });
  const why = notTaken(broken.join('; ') || 'the run ended first');
  for (const { id } of declared) if (!taken.has(id)) tellViews(job, id, why);
}

function notTaken(detail: string): NonNullable<CheckMeta['views']> {
  const view: View = { seen: 'not taken', detail };
  return { bare: view, rootful: view };
}

function tellViews(job: TriageJob, id: string, others: NonNullable<CheckMeta['views']>, meta: CheckMeta = {}): void {
  const result = job.results.get(id);
  if (!result) return;
  const isDeclared = job.checks.some((check) => check.id === id && check.triage !== undefined);
  const undeclared = { blame: 'undecided', because: 'this check declares no other view' } as const;
  const views: Triage = {
    ...(isDeclared ? attribute(result, others) : undeclared),
    views: { rootless: viewOf(result), ...others },
    ...(meta.evidence === undefined ? {} : { evidence: meta.evidence }),
  };
  notify(job.listeners, (listener) => listener.viewsTaken?.(job.context, id, views));
}
