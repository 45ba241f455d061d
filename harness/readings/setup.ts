import { afterAll, inject, test as it, type TestContext } from 'vitest';
import { type DeclaredCheck, declaredChecks, onDeclared } from '../check.ts';
import { dropSharedFixtures } from '../docker/fixture.ts';
import { renderError } from '../errors.ts';
import { loadChecks } from '../run/load-checks.ts';
import { type ConnectedTarget, connectTarget } from '../target/connect-target.ts';
import { type Bystander, type Bystanders, createBystanders } from './blast-radius.ts';
import { endsTheRun, readConformance } from './conformance.ts';
import { Evidence } from './evidence.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { readAtOnce } from './read-at-once.ts';
import { type Group, type Mutated, observe, readSabotage } from './sabotage.ts';
import './provided.ts';

// A vitest setup file: it turns the declarations of the spec file that follows into tests of this reading.

const assignment = inject('assignment');
const selected = new Set(assignment.selected);

onDeclared((check) => {
  if (!selected.has(check.id)) return;
  const timeout = assignment.checkTimeoutMs ?? defaultTimeoutMs();
  // biome-ignore lint/suspicious/useExpect: the declaration's verify makes the assertions
  it(`${check.id}: ${check.title}`, { timeout, meta: { id: check.id } }, (context) =>
    oneAtATime({ id: check.id, signal: context.signal }, () => judge(check, context)),
  );
});

function defaultTimeoutMs(): number {
  if (assignment.reading === 'conformance') return 240_000;
  return assignment.blastRadius === 'all' ? 3_600_000 : 900_000;
}

afterAll(() => dropSharedFixtures(assignment.connection));

async function judge(check: DeclaredCheck, context: TestContext): Promise<void> {
  const { meta } = context.task;
  const connected = await connectedTarget();
  const reading = { context, ...readingOf(check, connected) };
  try {
    if (assignment.reading === 'conformance') await readConformance(check, reading);
    else await readSabotage(check, reading, groupOf(check, connected));
  } catch (error) {
    if (endsTheRun(error)) meta.lost = renderError(error);
    throw error;
  } finally {
    const path = reading.evidence.write(assignment.connection.folder, check.id);
    if (path !== undefined) meta.evidence = path;
  }
}

const evidences = new Map<string, Evidence>();

/** A check's own evidence and its view of the target; the same for everybody who asks, for checks that share a fault. */
function readingOf(check: DeclaredCheck, { host, observedBy }: ConnectedTarget): Mutated['reading'] {
  const evidence = evidences.get(check.id) ?? new Evidence();
  evidences.set(check.id, evidence);
  return { evidence, host, target: observedBy(evidence) };
}

/** The selected checks of the same area whose fault is the same one; a fault that strikes at a stage is not shared. */
function sharingFault(check: DeclaredCheck, connected: ConnectedTarget): Mutated[] {
  const { host } = connected;
  const faultOf = ({ sabotage }: DeclaredCheck) =>
    'impossible' in sabotage || sabotage.at !== undefined ? undefined : sabotage.by;
  const shares = (other: DeclaredCheck) =>
    other.id === check.id ||
    (other.area === check.area &&
      selected.has(other.id) &&
      faultOf(check) !== undefined &&
      faultOf(other) === faultOf(check) &&
      (other.applies?.({ host }) ?? true) === true);
  return declaredChecks()
    .filter(shares)
    .map((other) => ({ check: other, reading: readingOf(other, connected) }));
}

function groupOf(check: DeclaredCheck, connected: ConnectedTarget): Group {
  const members = sharingFault(check, connected);
  return assignment.blastRadius === undefined ? { members } : { members, bystanders: bystandersOf(connected) };
}

/** One for all spec files of a worker: what is green is learnt once. */
function bystandersOf(connected: ConnectedTarget): Bystanders {
  const holder = globalThis as { rdcBystanders?: Bystanders };
  holder.rdcBystanders ??= createBystanders((checks) => judgeBystanders(checks, connected), declaredBystanders);
  return holder.rdcBystanders;
}

async function declaredBystanders(): Promise<readonly DeclaredCheck[]> {
  // the tests of this file are known by now: what the other files declare becomes no test of it
  onDeclared(() => {});
  const all = await loadChecks(assignment.root);
  return all.filter((check) => !check.disruptive && (check.readOnly || assignment.blastRadius === 'all'));
}

/** Those that only read at once, and then the others one by one. */
async function judgeBystanders(
  checks: readonly DeclaredCheck[],
  connected: ConnectedTarget,
): Promise<ReadonlyMap<string, Bystander>> {
  const { host } = connected;
  const reading = checks.filter((check) => check.readOnly);
  const looked = await readAtOnce(reading, { host, observedBy: connected.look() });
  const seen = new Map<string, Bystander>([...looked].map(([id, one]) => [id, { ...one, message: one.reason ?? '' }]));
  for (const check of checks.filter(({ readOnly }) => !readOnly)) {
    const target = connected.observedBy({ command() {}, note() {} });
    const applies = check.applies?.({ host }) ?? true;
    if (applies !== true) seen.set(check.id, { verdict: 'skip', message: applies });
    else seen.set(check.id, await observe(check, { evidence: new Evidence(), host, target }));
  }
  return seen;
}

/** One connection for all spec files of a worker: vitest runs them in one process (isolate: false). */
function connectedTarget(): Promise<ConnectedTarget> {
  const holder = globalThis as { rdcTarget?: Promise<ConnectedTarget> };
  holder.rdcTarget ??= connectTarget(assignment.connection);
  return holder.rdcTarget;
}
