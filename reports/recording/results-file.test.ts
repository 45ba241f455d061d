import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test as it } from 'vitest';
import { hostile } from '../../harness/test-doubles/hostile-texts.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { exitCodeOf } from '../results/conformance.ts';
import { readResults } from '../results/read-results.ts';
import {
  checks,
  facts,
  judged,
  syntheticRun,
  syntheticTarget,
  syntheticViews,
} from '../synthetic-runs/synthetic-run.ts';
import { createResultsFile } from './results-file.ts';

function startTarget() {
  const run = syntheticRun();
  const target = syntheticTarget(run, 'debian-13', [checks.uidMap, checks.memory]);
  const listener = createResultsFile(run, new Map());
  listener.targetStarted?.(target);
  return { run, target, listener, read: () => readResults(target.folder) };
}

it('results on disk are valid after every step and inconclusive until the end', () => {
  const { target, listener, read } = startTarget();
  const seen = [read().conformance];
  listener.factsRead?.(target, facts);
  seen.push(read().conformance);
  listener.checkJudged?.(target, judged(checks.uidMap));
  seen.push(read().conformance);
  listener.checkJudged?.(target, judged(checks.memory));
  expect(read()).toMatchObject({ conformance: 'inconclusive', incomplete: expect.stringContaining('under way') });
  listener.targetEnded?.(target, { infraRetries: 1 });
  expect(seen).toEqual(['inconclusive', 'inconclusive', 'inconclusive']);
  expect(read()).toMatchObject({
    conformance: 'conformant',
    run: { infraRetries: 1 },
    facts: { daemon: { version: '26.1.5' } },
  });
  expect(read().incomplete).toBeUndefined();
});

it('a check that is never judged is named, and the target inconclusive', () => {
  const { target, listener, read } = startTarget();
  listener.checkJudged?.(target, judged(checks.uidMap));
  listener.targetEnded?.(target, { infraRetries: 0 });
  expect(read().notJudged?.map(({ id }) => id)).toEqual(['CG-MEM']);
  expect(read().conformance).toBe('inconclusive');
});

it('a target that judged fewer checks than it owes is inconclusive, for whoever reads it later', () => {
  const { run, target } = startTarget();
  const listener = createResultsFile(run, new Map());
  const owing = { ...target, expected: [checks.uidMap], ratchet: { judged: 2, date: '2026-11-22' } };
  listener.targetStarted?.(owing);
  listener.checkJudged?.(owing, judged(checks.uidMap));
  listener.targetEnded?.(owing, { infraRetries: 0 });
  const results = readResults(target.folder);
  expect(results).toMatchObject({ conformance: 'inconclusive', ratchet: { judged: 2, date: '2026-11-22' } });
  expect(exitCodeOf([results])).toBe(3);
});

it('a broken target is inconclusive though every check was judged', () => {
  const { target, listener, read } = startTarget();
  for (const check of target.expected) listener.checkJudged?.(target, judged(check));
  listener.targetEnded?.(target, { infraRetries: 0, broken: 'the VM is gone' });
  expect(read()).toMatchObject({ conformance: 'inconclusive', incomplete: 'the VM is gone' });
});

it('a target that the run left open is closed as broken', async () => {
  const { run, target, listener, read } = startTarget();
  for (const check of target.expected) listener.checkJudged?.(target, judged(check));
  await listener.runEnded?.(run);
  expect(read()).toMatchObject({
    conformance: 'inconclusive',
    incomplete: expect.stringContaining('before this target was done'),
  });
});

it('judged twice, the worse verdict stays', () => {
  const { target, listener, read } = startTarget();
  listener.checkJudged?.(target, judged(checks.uidMap, { verdict: 'fail', reason: 'first' }));
  listener.checkJudged?.(target, judged(checks.uidMap));
  listener.checkJudged?.(target, judged(checks.memory));
  listener.checkJudged?.(target, judged(checks.memory, { verdict: 'error', reason: 'a hook failed' }));
  expect(read().checks.map(({ verdict }) => verdict)).toEqual(['fail', 'error']);
});

it('hostile texts and facts are cut and hold no control characters', () => {
  const { target, listener, read } = startTarget();
  const circular: Record<string, unknown> = { big: 10n, never: undefined, call: () => 0, text: hostile.escapes };
  circular.self = circular;
  listener.factsRead?.(target, {
    host: { circular, list: Array(5_000).fill(hostile.huge.slice(0, 9_000)) },
    daemon: null,
  });
  listener.checkJudged?.(target, judged(checks.uidMap, { verdict: 'fail', reason: hostile.escapes + hostile.huge }));
  const text = readFileSync(join(target.folder, 'results.json'), 'utf8');
  expect(text).not.toMatch(/\\u001b|\\u009b|\\u202e|\\u0007/);
  expect(read().checks[0]?.reason?.length).toBeLessThan(4_200);
});

it('a kill at any moment leaves a whole file', { timeout: 20_000 }, async () => {
  const { folder } = syntheticRun();
  const file = join(folder, 'results.json');
  const module = new URL('../../harness/this-machine/atomic-write.ts', import.meta.url).href;
  const script = `const { writeFileAtomic } = await import(${JSON.stringify(module)});
    for (let i = 0; ; i++) writeFileAtomic(${JSON.stringify(file)}, JSON.stringify({ i, text: 'x'.repeat(300_000) }));`;
  for (const waitMs of [60, 130, 210]) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    while (!existsSync(file)) await setTimeout(20);
    await setTimeout(waitMs);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(JSON.parse(readFileSync(file, 'utf8')).text).toHaveLength(300_000);
  }
});

it('a file that cannot be written is an error that names it, and leaves no temporary file', () => {
  const { folder } = syntheticRun();
  mkdirSync(join(folder, 'results.json'));
  writeFileSync(join(folder, 'results.json', 'occupied'), '');
  expect(() => writeFileAtomic(join(folder, 'results.json'), '{}')).toThrow(/^\[REPORT\] cannot write .*results\.json/);
  expect(readdirSync(folder)).toEqual(['results.json']);
});

it('views are kept beside the verdict, as plain text, and change neither it nor the conformance', () => {
  const { target, listener, read } = startTarget();
  for (const check of target.expected) listener.checkJudged?.(target, judged(check));
  const { 'PRE-SUBID-COUNT': views } = syntheticViews();
  if (!views) throw new Error('no views');
  listener.viewsTaken?.(target, 'CG-MEM', views);
  listener.viewsTaken?.(target, 'CG-NEVER-JUDGED', views);
  listener.targetEnded?.(target, { infraRetries: 0 });
  const [plain, viewed] = read().checks;
  expect(plain?.oracle).toBeUndefined();
  expect(viewed).toMatchObject({ id: 'CG-MEM', verdict: 'pass', oracle: { blame: 'the host' } });
  expect(viewed?.oracle?.views.bare.detail).not.toMatch(/\p{Cc}/u);
  expect(read()).toMatchObject({ conformance: 'conformant', ledger: { total: 2, pass: 2 } });
});
