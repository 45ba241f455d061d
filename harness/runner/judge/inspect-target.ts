import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Connection } from '../../target-host/connection/address.ts';
import { connectTarget } from '../../target-host/connection/connect.ts';
import { readDaemonFacts } from '../../target-host/docker/daemon-facts.ts';
import { readQuickFacts } from '../../target-host/facts/deferred-versions.ts';
import { notify, type RunListener, type TargetContext } from '../../verdicts/run-listener.ts';
import { inspectAll } from '../modes/inspection.ts';

/**
 * Judges the `readOnly` checks on a target in use: one connection, no vitest, no fixture image, everything at once.
 * Returns what broke besides single checks, or undefined.
 */
export async function inspectTarget(job: {
  readonly context: TargetContext;
  readonly connection: Connection;
  readonly checks: readonly DeclaredCheck[];
  readonly listeners: readonly RunListener[];
}): Promise<string | undefined> {
  const { context, listeners } = job;
  const connected = await connectTarget(job.connection, readQuickFacts);
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(`unhandled: ${error}`);
  process.on('unhandledRejection', onUnhandled);
  try {
    const { host } = connected;
    const observedBy = connected.readOnlyView();
    const judged = inspectAll(job.checks, {
      host,
      observedBy,
      onInspected({ id, area, level, title }, { evidence, lost: _, ...said }) {
        const path = evidence.write(context.folder, id);
        const result = { id, area, level, title, ...said, ...(path === undefined ? {} : { evidence: path }) };
        notify(listeners, (listener) => listener.checkJudged?.(context, result));
      },
    });
    const [daemon, all] = await Promise.all([readDaemonFacts(observedBy({ command() {}, note() {} })), judged]);
    const facts = { host: { ...host }, daemon: daemon && { ...daemon } };
    notify(listeners, (listener) => listener.factsRead?.(context, facts));
    return [...all.values()].find(({ lost }) => lost !== undefined)?.lost ?? unhandled[0];
  } finally {
    process.off('unhandledRejection', onUnhandled);
    await connected.close();
  }
}

/** The checks that may judge a host in use. A check that was asked for by its name and may not is USAGE. */
export function readOnlyOf(checks: readonly DeclaredCheck[], isNamed: boolean): readonly DeclaredCheck[] {
  const { able = [], unable = [] } = Object.groupBy(checks, ({ readOnly }) => (readOnly ? 'able' : 'unable'));
  if (able.length > 0 && (!isNamed || unable.length === 0)) return able;
  const ids = unable.slice(0, 8).map(({ id }) => id);
  throw new RdcError('USAGE', `doctor judges read-only checks only; not read-only: ${ids.join(', ')}`, {
    hint: './rdc run TARGET --check ...',
  });
}
