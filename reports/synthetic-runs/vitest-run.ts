// Runs a fixture spec through vitest and allure-vitest, as `rdc run` does. A process of its own, since vitest's Node API
// is not meant to run inside a vitest worker: node vitest-run.ts FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// biome-ignore lint/suspicious/noDeprecatedImports: only its older overload is deprecated
import { createVitest, type Reporter, type TestCase } from 'vitest/node';
import type { RunContext, RunListener, TargetContext } from '../../harness/verdicts/run-listener.ts';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import { createAllureReporter } from '../allure/reporter.ts';
import { createListeners } from '../live/listeners.ts';
import {
  checks,
  facts,
  syntheticTarget,
  syntheticVerdicts,
  syntheticViews,
  writeSyntheticEvidence,
} from './synthetic-run.ts';

/** Tests end as vitest sees them: an assertion fails, an error is thrown, a skip is asked for. */
function specText(verdicts: readonly CheckResult[]): string {
  const bodies = {
    pass: 'expect(1, "one").toBe(1);',
    fail: `expect(4096, 'subordinate UIDs').toBeGreaterThanOrEqual(65536);`,
    error: `throw new Error('connection lost');`,
    skip: `skip('does not apply');`,
    blocked: `skip('blocked');`,
  };
  const tests = verdicts.map(({ id, title, verdict }) => {
    const name = JSON.stringify(`${id}: ${title}`);
    return `test(${name}, ({ task, skip }) => { task.meta.id = ${JSON.stringify(id)}; ${bodies[verdict]} });`;
  });
  return tests.join('\n');
}

async function runTarget(
  listeners: readonly RunListener[],
  target: TargetContext,
  verdicts: readonly CheckResult[],
): Promise<void> {
  const specs = join(target.folder, 'specs');
  mkdirSync(specs, { recursive: true });
  writeFileSync(join(specs, 'fixture.spec.ts'), specText(verdicts));
  for (const listener of listeners) listener.targetStarted?.(target);
  for (const listener of listeners) listener.factsRead?.(target, facts);

  const judged = new Map<string, CheckResult>();
  const judging: Reporter = {
    onTestCaseReady: ({ name }: TestCase) => {
      for (const listener of listeners) listener.checkStarted?.(target, name.split(':', 1)[0] ?? '');
    },
    onTestCaseResult: (test: TestCase) => {
      const result = verdicts.find(({ id }) => test.name.startsWith(`${id}:`));
      if (!result) return;
      judged.set(result.id, result);
      for (const listener of listeners) listener.checkJudged?.(target, result);
    },
  };
  const allure = createAllureReporter({ target, judged: (id) => judged.get(id) });
  const options = { root: specs, config: false as const, globals: true, watch: false, reporters: [judging, allure] };
  const vitest = await createVitest(options);
  await vitest.start();
  await vitest.close();
  for (const [id, views] of Object.entries(target.name === 'debian-13' ? syntheticViews() : {})) {
    for (const listener of listeners) listener.viewsTaken?.(target, id, views);
  }
  for (const listener of listeners) listener.targetEnded?.(target, { infraRetries: 0 });
}

export async function runSynthetic(run: RunContext, live: boolean): Promise<void> {
  const listeners = createListeners({ run, live });
  for (const listener of listeners) listener.runStarted?.(run);
  const expected = Object.values(checks);
  const trixie = syntheticTarget(run, 'debian-13', expected);
  const bookworm = syntheticTarget(
    run,
    'debian-12',
    expected.filter(({ id }) => id !== 'SOCK-PRIVATE'),
  );
  for (const target of [trixie, bookworm]) writeSyntheticEvidence(target);
  await runTarget(listeners, trixie, syntheticVerdicts());
  const better = syntheticVerdicts().map(({ reason: _, blockedBy: __, finding: ___, ...one }): CheckResult => {
    return one.id === 'PRE-SUBID-COUNT'
      ? { ...one, verdict: 'fail', reason: 'subordinate UIDs: 4096' }
      : { ...one, verdict: 'pass' };
  });
  await runTarget(listeners, bookworm, better);
  for (const listener of listeners) await listener.runEnded?.(run);
}

if (import.meta.main) {
  const [folder = '.'] = process.argv.slice(2);
  const { syntheticRun } = await import('./synthetic-run.ts');
  await runSynthetic(syntheticRun({ folder }), Boolean(process.stdout.isTTY));
}
