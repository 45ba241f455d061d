import { afterAll, inject, type TestContext, test } from 'vitest';
import { type DeclaredCheck, onDeclared } from '../check.ts';
import { connectTarget, type ConnectedTarget } from '../target/connect-target.ts';
import { dropSharedFixture } from '../docker/fixture.ts';
import { readConformance } from './conformance.ts';
import { Evidence } from './evidence.ts';
import { readSabotage } from './sabotage.ts';
import './provided.ts';

// A vitest setup file: it turns the declarations of the spec file that follows into tests of this reading.

const assignment = inject('assignment');
const selected = new Set(assignment.selected);
const readings = { conformance: readConformance, sabotage: readSabotage };

onDeclared((check) => {
  if (!selected.has(check.id)) return;
  const timeout = assignment.reading === 'sabotage' ? 900_000 : 240_000;
  test(`${check.id}: ${check.title}`, { timeout, meta: { id: check.id } }, (context) => judge(check, context));
});

afterAll(() => dropSharedFixture(assignment.connection));

async function judge(check: DeclaredCheck, context: TestContext): Promise<void> {
  const evidence = new Evidence();
  const meta = context.task.meta;
  try {
    const { host, observedBy } = await connectedTarget();
    await readings[assignment.reading](check, { context, evidence, host, target: observedBy(evidence.command) });
  } finally {
    const path = evidence.write(assignment.connection.folder, check.id);
    if (path !== undefined) meta.evidence = path;
  }
}

/** One connection for all spec files of a worker: vitest runs them in one process (isolate: false). */
function connectedTarget(): Promise<ConnectedTarget> {
  const holder = globalThis as { rdcTarget?: Promise<ConnectedTarget> };
  holder.rdcTarget ??= connectTarget(assignment.connection);
  return holder.rdcTarget;
}
