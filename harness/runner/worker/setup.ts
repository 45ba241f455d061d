import { dirname } from 'node:path';
import { afterAll, describe, inject, test as it, type TestContext } from 'vitest';
import { type DeclaredCheck, declaredChecks, onDeclared } from '../../checks/check.ts';
import { renderError } from '../../messages/errors.ts';
import { sharedUseTarget } from '../../target-host/access/shared-use.ts';
import type { Target } from '../../target-host/access/target.ts';
import { type ConnectedTarget, connectTarget } from '../../target-host/connection/connect.ts';
import { dropSharedContainers } from '../../target-host/docker/container.ts';
import { runConformance } from '../modes/conformance.ts';
import { type Group, runFaultTest } from '../modes/fault-test.ts';
import { bystandersOf } from '../modes/side-effects.ts';
import { takeTriageViews } from '../modes/triage-views.ts';
import { startProfile } from '../profile/check-profile.ts';
import { timeLimitMs } from '../protocol/protocol.ts';
import { Evidence } from '../verify/evidence.ts';
import { endsTheRun } from '../verify/preconditions.ts';
import type { Mode } from '../verify/verify.ts';
import { failWhenSilent } from './responsiveness.ts';
import { waitForTurn } from './turns.ts';

// A vitest setup file: it turns the declarations of the spec file that follows into tests of this mode.

const assignment = inject('assignment');
const selected = new Set(assignment.selected);
const applicable = new Set(assignment.applicable);

// what a spec file declares is known when the body of a `describe` runs: those that disturb nobody come first, at once
const [together, alone]: [DeclaredCheck[], DeclaredCheck[]] = [[], []];
onDeclared((check) => {
  if (selected.has(check.id)) (mayRunBesideOthers(check) ? together : alone).push(check);
});
describe.concurrent('side by side', () => together.forEach(declareTest));
describe('one at a time', () => alone.forEach(declareTest));

function declareTest(check: DeclaredCheck): void {
  const { id, title } = check;
  const timeout = timeLimitMs(check, assignment);
  const isConcurrent = mayRunBesideOthers(check);
  // biome-ignore lint/suspicious/useExpect: the declaration's verify makes the assertions
  it(`${id}: ${title}`, { timeout, meta: { id, worker: process.pid } }, async (context) => {
    const judged = waitForTurn({ id, signal: context.signal, isConcurrent }, () => judge(check, context));
    try {
      await failWhenSilent(judged, { id, limitMs: timeout, target: unwatchedTarget });
    } catch (error) {
      if (endsTheRun(error)) context.task.meta.lost = renderError(error);
      throw error;
    }
  });
}

/** For commands that belong to no check's evidence. */
async function unwatchedTarget(): Promise<Target> {
  return (await connectedTarget()).observedBy({ command() {}, note() {} });
}

/** A fault needs the machine for itself, and a profile tells one check's time from another's. */
function mayRunBesideOthers({ concurrent, readOnly, restartsDaemon }: DeclaredCheck): boolean {
  const isAsked = assignment.mode === 'conformance' && !assignment.profile;
  return isAsked && !restartsDaemon && (concurrent ?? readOnly ?? false);
}

afterAll(() => dropSharedContainers(assignment.connection));

async function judge(check: DeclaredCheck, context: TestContext): Promise<void> {
  const { meta } = context.task;
  const profiled = assignment.profile ? startProfile() : undefined;
  const connected = await connectedTarget();
  const mode = { context, ...modeOf(check, connected) };
  try {
    if (assignment.mode === 'conformance') await runConformance(check, { ...mode, alsoJudged: applicable });
    else if (assignment.mode === 'triage') await takeTriageViews(check, mode, assignment.noRootful);
    else await runFaultTest(check, mode, groupOf(check, connected));
  } finally {
    const name = assignment.mode === 'triage' ? `${check.id}.views` : check.id;
    const path = mode.evidence.write(assignment.connection.folder, name);
    if (path !== undefined) meta.evidence = path;
    if (profiled) meta.profile = profiled();
  }
}

const evidences = new Map<string, Evidence>();

/** A check's own evidence and its view of the target; the same for everybody who asks, for checks that share a fault. */
function modeOf(check: DeclaredCheck, { host, observedBy }: ConnectedTarget): Mode {
  const evidence = evidences.get(check.id) ?? new Evidence();
  evidences.set(check.id, evidence);
  const target = observedBy(evidence);
  return { evidence, host, target: mayRunBesideOthers(check) ? sharedUseTarget(target) : target };
}

/** The selected checks of the same area with the same fault; one that is injected at a stage is not shared. */
function groupOf(check: DeclaredCheck, connected: ConnectedTarget): Group {
  const { host } = connected;
  const shares = (other: DeclaredCheck) =>
    other.id === check.id ||
    (other.area === check.area &&
      selected.has(other.id) &&
      check.fault.at === undefined &&
      other.fault.at === undefined &&
      other.fault.inject === check.fault.inject &&
      [other.applies, other.fault.possible].every((asked) => (asked?.({ host }) ?? true) === true));
  const sharing = declaredChecks().filter(shares);
  return {
    members: sharing.map((other) => ({ check: other, mode: modeOf(other, connected) })),
    bystanders: assignment.sideEffects && bystandersOf(connected, assignment),
  };
}

/** One connection for all spec files of a worker: vitest runs them in one process (isolate: false). */
function connectedTarget(): Promise<ConnectedTarget> {
  const holder = globalThis as { rdcTarget?: Promise<ConnectedTarget> };
  holder.rdcTarget ??= connectTarget(assignment.connection).then((connected) => {
    // testcontainers locks a file there, the same one for all runs of a user: in /tmp others may have made it
    process.env.TMPDIR = dirname(connected.socketPath);
    return connected;
  });
  return holder.rdcTarget;
}
