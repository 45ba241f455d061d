import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../checks/check.ts';
import { expect as counted } from '../../checks/expect.ts';
import { parseHostFacts } from '../../target-host/facts/host-facts.ts';
import type { RunListener } from '../../verdicts/run-listener.ts';
import type { CheckResult } from '../../verdicts/verdict.ts';
import { inspectTarget, readOnlyOf } from './inspect-target.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-look-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const check = (id: string, verify: DeclaredCheck['verify'] = async () => {}, readOnly = true) =>
  ({ id, verify, area: 'a', level: 'MUST', title: id, ...(readOnly ? { readOnly } : {}) }) as DeclaredCheck;

it('looks at this machine: verdicts, facts and evidence, without a daemon', async () => {
  const recorded = readFileSync(
    join(import.meta.dirname, '../../target-host/facts/fixtures/debian-13-facts.txt'),
    'utf8',
  );
  const host = { ...parseHostFacts(recorded), socket: join(folder, 'no.sock') };
  const checks = [
    check('A-SEES', async ({ target }) => {
      counted((await target.exec(['echo', 'seen'])).stdout).toBe('seen\n');
    }),
    check('A-ROOT', async ({ target }) => {
      counted((await target.root.exec(['id'])).code).toBe(0);
    }),
    check('A-WRITES', async ({ target }) => {
      counted((await target.exec(['touch', join(folder, 'written')])).code).toBe(0);
    }),
  ];
  const judged: CheckResult[] = [];
  const told: unknown[] = [];
  const listener: RunListener = {
    checkJudged: (_, result) => void judged.push(result),
    factsRead: (_, facts) => void told.push(facts.daemon),
  };
  const broken = await inspectTarget({
    context: { name: 'here', kind: 'local', folder, expected: [] },
    connection: { name: 'here', kind: 'local', root: 'none', folder, host },
    checks,
    listeners: [listener],
  });
  expect(broken).toBeUndefined();
  const verdicts = judged.map(({ id, verdict }) => `${id} ${verdict}`).toSorted();
  expect(verdicts).toEqual(['A-ROOT skip', 'A-SEES pass', 'A-WRITES error']);
  expect(told).toEqual([null]);
  expect(readFileSync(join(folder, 'evidence/A-SEES.txt'), 'utf8')).toContain('$ echo seen');
});

it('only what may look is asked; what was named and may not is USAGE', () => {
  const [reads, writes] = [check('A-READS'), check('A-WRITES', undefined, false)];
  expect(readOnlyOf([reads, writes], false)).toEqual([reads]);
  expect(readOnlyOf([reads], true)).toEqual([reads]);
  expect(() => readOnlyOf([reads, writes], true)).toThrow(/\[USAGE\].*A-WRITES/);
  expect(() => readOnlyOf([writes], false)).toThrow(/\[USAGE\].*A-WRITES/);
});
