import { type DeclaredCheck, onDeclared } from '../../checks/check.ts';
import { loadChecks } from '../../checks/load-checks.ts';
import type { ConnectedTarget } from '../../target-host/connection/connect.ts';
import type { Assignment } from '../protocol/protocol.ts';
import { Evidence } from '../verify/evidence.ts';
import { observe } from './fault-test.ts';
import { inspectAll } from './inspection.ts';
import { type Bystander, type Bystanders, createBystanders } from './side-effects.ts';

let bystanders: Bystanders | undefined;

/** The checks that are judged beside a fault on this target. One for all spec files of a worker: what is green is learnt once. */
export function bystandersOf(connected: ConnectedTarget, assignment: Assignment): Bystanders {
  bystanders ??= createBystanders(
    (checks) => judgeAll(checks, connected),
    () => declaredBystanders(assignment),
  );
  return bystanders;
}

async function declaredBystanders({ root, sideEffects }: Assignment): Promise<readonly DeclaredCheck[]> {
  // the tests of this spec file are known by now: what the other files declare becomes no test of it
  onDeclared(() => {});
  const all = await loadChecks(root);
  return all.filter((check) => !check.restartsDaemon && (check.readOnly || sideEffects === 'all'));
}

/** Those that only read at once, and then the others one by one. */
async function judgeAll(
  checks: readonly DeclaredCheck[],
  connected: ConnectedTarget,
): Promise<ReadonlyMap<string, Bystander>> {
  const { host } = connected;
  const inspected = await inspectAll(
    checks.filter(({ readOnly }) => readOnly),
    { host, observedBy: connected.readOnlyView() },
  );
  const seen = new Map<string, Bystander>(
    [...inspected].map(([id, one]) => [id, { ...one, message: one.reason ?? '' }]),
  );
  for (const check of checks.filter(({ readOnly }) => !readOnly)) {
    const applies = check.applies?.({ host }) ?? true;
    const target = connected.observedBy({ command() {}, note() {} });
    const isFor = applies === true;
    seen.set(
      check.id,
      isFor ? await observe(check, { evidence: new Evidence(), host, target }) : { verdict: 'skip', message: applies },
    );
  }
  return seen;
}
