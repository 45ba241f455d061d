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
};

const undeclared = 'this check declares no other view';

/**
 * Triages each failed check and each limitation by two more views of it. Comes after all verdicts, and
 * changes none. Returns what broke (the host could not be put back as it was), or undefined.
 */
export async function triageTarget(job: TriageJob): Promise<string | undefined> {
  const { context, results, listeners, signal } = job;
  const declared: DeclaredCheck[] = [];
  for (const check of job.checks) {
    const result = results.get(check.id);
    if (!result || !wantsViews(result)) continue;
    if (check.triage) declared.push(check);
    else if (result.verdict === 'fail') tellViews(job, check.id, notTaken(undeclared));
  }
  if (declared.length === 0 || signal.aborted) return undefined;
  notify(listeners, (listener) => listener.stage?.(context.name, `triage of ${declared.length} checks`));
  try {
    await using rootful = await openRootful(job, declared);
    await lookFromElsewhere(job, declared, rootful.reason);
    return undefined;
  } catch (error) {
    if (!(error instanceof RdcError)) throw error;
    return `triage could not restore the host: ${error.message}`;
  }
}

/** The rootful daemon while it is needed, or the reason why there is none. */
async function openRootful(
  { context, allowRootful, connection }: TriageJob,
  declared: readonly DeclaredCheck[],
): Promise<AsyncDisposable & { readonly reason?: string }> {
  const without = (reason: string) => ({ reason, [Symbol.asyncDispose]: async () => {} });
  if (declared.every(({ triage }) => triage?.notRootful !== undefined)) return without('no check needs it');
  if (context.kind !== 'machine' && !allowRootful) {
    return without('starting a rootful daemon on this host needs --allow-rootful');
  }
  const connected = await connectTarget(besideUsers(connection)).catch((error: unknown) => {
    if (error instanceof RdcError) return error;
    throw error;
  });
  if (connected instanceof RdcError) return without(connected.message);
  await using opening = new AsyncDisposableStack();
  opening.defer(() => connected.close());
  const daemon = await startRootfulBeside(connected.observedBy({ command() {}, note() {} }));
  if (typeof daemon === 'string') return without(daemon);
  opening.defer(() => daemon.stop());
  return opening.move();
}

function besideUsers(connection: Connection): Connection {
  const { host } = connection;
  return host === undefined ? connection : { ...connection, host: { ...host, socket: rootfulSocket } };
}

async function lookFromElsewhere(job: TriageJob, declared: readonly DeclaredCheck[], noRootful?: string) {
  const { connection, listeners, context } = job;
  const lost = new AbortController();
  const taken = new Set<string>();
  const { broken } = await runChecks({
    mode: 'triage',
    connection: noRootful === undefined ? besideUsers(connection) : connection,
    noRootful,
    checks: declared,
    signal: AbortSignal.any([job.signal, lost.signal]),
    onStarted: (id) => notify(listeners, (listener) => listener.checkStarted?.(context, id)),
    onJudged(id, meta, { errors }) {
      taken.add(id);
      tellViews(job, id, meta.views ?? notTaken(errors.join('; ') || 'triage ended early'), meta.evidence);
      if (meta.lost !== undefined) lost.abort(meta.lost);
    },
  });
  const why = notTaken(broken.join('; ') || 'the run ended first');
  for (const { id } of declared) if (!taken.has(id)) tellViews(job, id, why);
}

type OtherViews = NonNullable<CheckMeta['views']>;

function notTaken(detail: string): OtherViews {
  const view: View = { seen: 'not taken', detail };
  return { bare: view, rootful: view };
}

function tellViews(
  { context, checks, results, listeners }: TriageJob,
  id: string,
  others: OtherViews,
  evidence?: string,
) {
  const result = results.get(id);
  if (!result) return;
  const isDeclared = checks.some((check) => check.id === id && check.triage !== undefined);
  const views: Triage = {
    ...(isDeclared ? attribute(result, others) : { blame: 'undecided', because: undeclared }),
    views: { rootless: viewOf(result), ...others },
    ...(evidence === undefined ? {} : { evidence }),
  };
  notify(listeners, (listener) => listener.viewsTaken?.(context, id, views));
}
