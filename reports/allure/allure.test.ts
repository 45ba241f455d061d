import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestResult } from 'allure-js-commons';
import { expect, test as it } from 'vitest';
import { hostile } from '../../harness/test-doubles/hostile-texts.ts';
import { TargetRecord } from '../recording/target-record.ts';
import { readEvidence } from '../results/read-evidence.ts';
import { checks, judged, syntheticRun, syntheticTarget, syntheticVerdicts } from '../synthetic-runs/synthetic-run.ts';
import { completeAllureResults } from './complete.ts';
import { describeCheck, escapeMarkdown } from './description.ts';
import { sealPage } from './generate.ts';

function startTarget(name = 'debian-13') {
  const run = syntheticRun();
  const target = syntheticTarget(run, name, Object.values(checks));
  const record = new TargetRecord(run, target);
  for (const result of syntheticVerdicts()) record.judge(result);
  const folder = join(target.folder, 'allure-results');
  const read = (): TestResult[] =>
    readdirSync(folder)
      .filter((file) => file.endsWith('-result.json'))
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return { target, record, folder, read };
}

it('every check has one result with the status of its verdict, one never judged is broken', () => {
  const { target, record, read } = startTarget();
  record.end({ infraRetries: 0 });
  completeAllureResults(target.folder, record.results());
  const statuses = Object.fromEntries(read().map(({ testCaseId, status }) => [testCaseId, status]));
  expect(statuses).toEqual({
    'NS-UIDMAP': 'passed',
    'NS-GIDMAP': 'passed',
    'PRE-SUBID-COUNT': 'failed',
    'CG-MEM': 'skipped',
    'CG-CPU': 'broken',
    'PORT-PRIV-DENY': 'failed',
    'LIM-MLOCK-OVER': 'failed',
    'PORT-PRIV-SYSCTL': 'skipped',
    'DEV-IO': 'skipped',
    'SOCK-PRIVATE': 'broken',
  });
});

it('reasons, blocks, remedies and source links are in the result', () => {
  const { target, record, read } = startTarget();
  record.end({ infraRetries: 0 });
  completeAllureResults(target.folder, record.results());
  const of = (id: string) => read().find(({ testCaseId }) => testCaseId === id);
  expect(of('CG-MEM')?.statusDetails.message).toBe('blocked by PRE-SUBID-COUNT: no container starts');
  expect(of('CG-MEM')?.labels).toContainEqual({ name: 'tag', value: 'blocked' });
  expect(of('PORT-PRIV-SYSCTL')?.statusDetails.message).toBe('port 80 is unprivileged on this host');
  expect(of('PRE-SUBID-COUNT')?.description).toContain('    sudo usermod --add-subuids 100000-165535');
  expect(of('PRE-SUBID-COUNT')?.links[0]?.url).toBe('https://docs.docker.com/engine/security/rootless/#prerequisites');
  expect(of('SOCK-PRIVATE')?.statusDetails.message).toMatch(/^never judged/);
});

it('one check on two targets is one test case with two histories', () => {
  const [one, two] = ['debian-12', 'debian-13'].map((name) => {
    const { target, record, read } = startTarget(name);
    completeAllureResults(target.folder, record.results());
    return read().find(({ testCaseId }) => testCaseId === 'NS-UIDMAP');
  });
  expect(one?.testCaseId).toBe(two?.testCaseId);
  expect(one?.historyId).not.toBe(two?.historyId);
});

it('what disagrees with the verdict, is there twice or was cut off is mended; a second time changes nothing', () => {
  const { target, record, folder, read } = startTarget();
  mkdirSync(folder, { recursive: true });
  const green = { testCaseId: 'PRE-SUBID-COUNT', status: 'passed', start: 1, labels: [] };
  const uidMap = record.results().checks.find(({ id }) => id === 'NS-UIDMAP') ?? expect.fail('no such check');
  const right = { testCaseId: 'NS-UIDMAP', status: 'passed', labels: [], description: describeCheck(uidMap) };
  writeFileSync(join(folder, 'a-result.json'), JSON.stringify(green));
  writeFileSync(join(folder, 'b-result.json'), JSON.stringify({ ...right, start: 1 }));
  writeFileSync(join(folder, 'c-result.json'), JSON.stringify({ ...right, start: 2 }));
  writeFileSync(join(folder, 'd-result.json'), '{"testCaseId": "NS-');
  completeAllureResults(target.folder, record.results());
  const files = readdirSync(folder).sort();
  expect(files).toContain('c-result.json');
  expect(files.filter((file) => /^[abd]-/.test(file))).toEqual([]);
  expect(read().find(({ testCaseId }) => testCaseId === 'PRE-SUBID-COUNT')?.status).toBe('failed');
  completeAllureResults(target.folder, record.results());
  expect(readdirSync(folder).sort()).toEqual(files);
});

it('an inconclusive target is a global error of the report', () => {
  const { target, record, folder } = startTarget();
  record.end({ infraRetries: 0, broken: 'the VM is gone' });
  completeAllureResults(target.folder, record.results());
  expect(readFileSync(join(folder, 'target-globals.json'), 'utf8')).toContain(
    'debian-13: inconclusive: the VM is gone',
  );
});

it('text of a target is no Markdown', () => {
  expect(escapeMarkdown(hostile.script)).toMatch(/^\\<script\\>/);
  const description = describeCheck({
    ...judged(checks.uidMap),
    verdict: 'fail',
    reason: hostile.markdown,
    remedy: '```\n</code>',
  });
  expect(description).toContain('\\*\\*bold\\*\\* \\[link\\]\\(javascript\\:');
  expect(description).toContain('    ```\n    </code>');
});

it('evidence comes from the target folder only, bounded and plain', () => {
  const { target } = startTarget();
  const at = (name: string) => join(target.folder, 'evidence', name);
  symlinkSync('/etc/passwd', at('link.txt'));
  writeFileSync(at('big.txt'), hostile.huge);
  writeFileSync(at('escapes.txt'), hostile.escapes);
  expect(readEvidence(target.folder, '../../../etc/passwd')).toBeUndefined();
  expect(readEvidence(target.folder, 'evidence/link.txt')).toBeUndefined();
  expect(readEvidence(target.folder, 'evidence/none.txt')).toBeUndefined();
  expect(readEvidence(target.folder, 'evidence/big.txt')?.length).toBeLessThan(530_000);
  expect(readEvidence(target.folder, 'evidence/big.txt')).toMatch(/… \(cut at 524288 bytes\)$/);
  expect(readEvidence(target.folder, 'evidence/escapes.txt')).not.toMatch(/\p{Cc}/u);
});

it('the page is kept off the network, and fits a phone', () => {
  const tracker =
    '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>\n<script>gtag();</script>';
  const sealed = sealPage(`<html><head><title>t</title></head><body>${tracker}<script>mine()</script></body></html>`);
  expect(sealed).not.toContain('gtag');
  expect(sealed).toContain('<script>mine()</script>');
  expect(sealed).toMatch(/<head>\s*<meta http-equiv="Content-Security-Policy"/);
  expect(sealed).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
});
