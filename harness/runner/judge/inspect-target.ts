import type { DeclaredCheck } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Connection } from '../../target-host/connection/address.ts';
import { connectTarget } from '../../target-host/connection/connect.ts';
import { readDaemonFacts } from '../../target-host/docker/daemon-facts.ts';
import { readQuickFacts } from '../../target-host/facts/deferred-versions.ts';
import { notify, type RunListener, type TargetContext } from '../../verdicts/run-listener.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import { type Inspection, inspectAll } from '../modes/inspection.ts';

export type InspectionJob = {
  readonly context: TargetContext;
  readonly connection: Omit<Connection, 'image'>;
  readonly checks: readonly DeclaredCheck[];
  readonly listeners: readonly RunListener[];
};

/**
 * Judges the `readOnly` checks on a target in use: one connection, no vitest, no fixture image, everything at once.
 * Returns what broke besides single checks, or undefined.
 */
export async function inspectTarget({
  context,
  connection,
  checks,
  listeners,
}: InspectionJob): Promise<string | undefined> {
  const connected = await connectTarget(connection, readQuickFacts);
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(`unhandled: ${error}`);
  process.on('unhandledRejection', onUnhandled);
  try {
    const { host } = connected;
    const observedBy = connected.readOnlyView();
    const daemon = readDaemonFacts(observedBy({ command() {}, note() {} }));
    const judged = inspectAll(checks, {
      host,
      observedBy,
      onInspected: (check, inspection) =>
        notify(listeners, (listener) => listener.checkJudged?.(context, resultOf(check, inspection, context.folder))),
    });
    const [claims, all] = await Promise.all([daemon, judged]);
    notify(listeners, (listener) =>
      listener.factsRead?.(context, { host: { ...host }, daemon: claims && { ...claims } }),
    );
    const lost = [...all.values()].find(({ lost }) => lost !== undefined)?.lost;
    return lost ?? unhandled[0];
  } finally {
    process.off('unhandledRejection', onUnhandled);
    await connected.close();
  }
}

function resultOf(check: DeclaredCheck, inspection: Inspection, folder: string): CheckResult {
  const { id, area, level, title } = check;
  const { evidence, lost: _, ...said } = inspection;
  const path = evidence.write(folder, id);
  return { id, area, level, title, ...said, ...(path === undefined ? {} : { evidence: path }) };
}

/** The checks that may judge a host in use. A check that was asked for by its name and may not is USAGE. */
export function readOnlyOf(checks: readonly DeclaredCheck[], isNamed: boolean): readonly DeclaredCheck[] {
  const able = checks.filter((check) => check.readOnly);
  if (able.length > 0 && (!isNamed || able.length === checks.length)) return able;
  const unable = checks.filter((check) => !check.readOnly).map(({ id }) => id);
  throw new RdcError('USAGE', `doctor judges read-only checks only; not read-only: ${unable.slice(0, 8).join(', ')}`, {
    hint: './rdc run TARGET --check ...',
  });
}
