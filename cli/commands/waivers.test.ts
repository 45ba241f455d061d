import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test as it } from 'vitest';
import { junitXml } from '../../reports/formats/junit.ts';
import { tapDocument } from '../../reports/formats/tap.ts';
import { exitCodeOf, ruleConformance } from '../../reports/results/conformance.ts';
import type { JudgedCheck, Results } from '../../reports/results/results.schema.ts';
import { resultsWith } from '../../reports/synthetic-runs/compared-results.ts';
import { targetSummary } from '../../reports/terminal/summary.ts';
import { applyWaiver, holds } from '../../reports/waivers/apply-waivers.ts';
import { reviewWaivers } from '../../reports/waivers/check-waivers.ts';
import { readWaivers } from '../../reports/waivers/read-waivers.ts';
import { type Waiver, waiversSchema } from '../../reports/waivers/waivers.schema.ts';
import { createStyle } from '../../reports/wording/style.ts';

const today = '2026-11-22';
const waiver: Waiver = {
  check: 'CG-CPU',
  when: { 'host.systemdVersion': { below: 252 } },
  reason: 'this release keeps systemd 247',
  bug: 'https://bugs.example.org/1',
  owner: 'the Docker team',
  expires: '2026-12-31',
};
const host = { systemdVersion: 247, kernel: '5.10.0-46-amd64', lsm: ['apparmor', 'yama'], socket: null };

function waivedResults(verdict: JudgedCheck['verdict'], waivers: readonly Waiver[] = [waiver], more = {}): Results {
  const bare = resultsWith(
    'debian-11',
    [
      { id: 'CG-CPU', verdict, reason: 'cpu.max: no such file', ...more },
      { id: 'CG-MEM', verdict: 'pass' },
    ],
    { host },
  );
  const checks = bare.checks.map((check) => applyWaiver(check, waivers, { known: bare, today }));
  return { ...bare, checks, conformance: ruleConformance({ checks }).conformance };
}
const stateIn = (results: Results) => results.checks[0]?.waiver?.state;

describe('a waiver', () => {
  it('makes a known failure expected: conformant, exit code 0', () => {
    const results = waivedResults('fail');
    expect(stateIn(results)).toBe('expected');
    expect(results.conformance).toBe('conformant');
    expect(exitCodeOf([results])).toBe(0);
  });

  it('is stale, and the run red, when its check passes', () => {
    const results = waivedResults('pass');
    expect(stateIn(results)).toBe('unexpected-pass');
    expect(ruleConformance(results)).toEqual({ conformance: 'non-conformant', because: ['stale waivers: CG-CPU'] });
    expect(exitCodeOf([results])).toBe(1);
  });

  it('of a level that does not gate is red when stale all the same', () => {
    expect(waivedResults('pass', [waiver], { level: 'MAY' }).conformance).toBe('non-conformant');
  });

  it('holds to the end of its last day and not longer, whatever the check says', () => {
    expect(stateIn(waivedResults('fail', [{ ...waiver, expires: today }]))).toBe('expected');
    for (const verdict of ['pass', 'fail'] as const) {
      const late = waivedResults(verdict, [{ ...waiver, expires: '2026-11-21' }]);
      expect(stateIn(late)).toBe('expired');
      expect(late.conformance).toBe('non-conformant');
    }
  });

  it.each(['skip', 'blocked', 'error'] as const)('excuses no check that is not judged (%s)', (verdict) => {
    expect(stateIn(waivedResults(verdict))).toBeUndefined();
    if (verdict !== 'skip') expect(waivedResults(verdict).conformance).toBe('inconclusive');
  });

  it('a check that is blocked by a waived failure is still not judged', () => {
    const checks = [
      ...waivedResults('fail').checks,
      { id: 'CG-PIDS', level: 'MUST' as const, verdict: 'blocked' as const, blockedBy: 'CG-CPU', reason: 'down' },
    ];
    expect(ruleConformance({ checks }).conformance).toBe('inconclusive');
  });
});

describe('where a waiver holds', () => {
  const known = resultsWith('debian-11', [], { host, daemon: { serverVersion: '20.10.5+dfsg1' } });
  const cases: readonly [Waiver['when'], boolean][] = [
    [{}, true],
    [{ 'target.name': 'debian-11' }, true],
    [{ 'target.name': 'debian-12' }, false],
    [{ 'host.systemdVersion': 247, 'target.kind': 'machine' }, true],
    [{ 'host.systemdVersion': '247' }, false],
    [{ 'host.systemdVersion': { atLeast: 247, below: 252 } }, true],
    [{ 'host.systemdVersion': { atLeast: 248 } }, false],
    [{ 'host.kernel': { matches: '^5\\.10\\.' } }, true],
    [{ 'host.kernel': { below: 6 } }, false],
    [{ 'host.lsm': { includes: 'apparmor' } }, true],
    [{ 'host.lsm': { includes: 'app' } }, false],
    [{ 'host.socket': null }, true],
    [{ 'daemon.serverVersion': { matches: '^20\\.10' } }, true],
    [{ 'host.nothing': null }, false],
    [{ 'host.constructor': { matches: '.' } }, false],
  ];
  it.each(cases)('%j: %s', (when, expected) => {
    expect(holds({ when }, known)).toBe(expected);
  });
});

describe('a waivers file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rdc-waivers-')), 'waivers.json');
  const read = (document: unknown) => {
    writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
    return readWaivers(file, ['CG-CPU']);
  };

  it('is read', () => {
    expect(read([waiver])).toEqual([waiver]);
  });

  const broken: readonly [string, unknown, RegExp][] = [
    ['no JSON', '[{', /\[INPUT\].*not JSON/],
    ['no list', { waiver }, /\/: must be array/],
    ['an unknown check', [{ ...waiver, check: 'CG-CPUU' }], /\/0\/check: there is no check CG-CPUU/],
    ['a day that is none', [{ ...waiver, expires: '2026-02-30' }], /\/0\/expires/],
    [
      'no owner and no bug, both said',
      [{ ...waiver, owner: '', bug: 'none' }],
      /\/0\/bug.*\/0\/owner|\/0\/owner.*\/0\/bug/s,
    ],
    ['a fact of nobody', [{ ...waiver, when: { kernel: '5' } }], /\/0\/when/],
    ['a broken regular expression', [{ ...waiver, when: { 'host.kernel': { matches: '(' } } }], /\/0\/when/],
    ['a misspelled property', [{ ...waiver, until: '2026-01-01' }], /unknown property "until"/],
  ];
  it.each(broken)('with %s is refused with exit code 2', (_name, document, message) => {
    expect(() => read(document)).toThrow(expect.objectContaining({ code: 'INPUT', exitCode: 2 }));
    expect(() => read(document)).toThrow(message);
  });

  it('that is a device is not read for ever', () => {
    expect(() => readWaivers('/dev/zero', [])).toThrow('[INPUT] /dev/zero cannot be read: not a regular file');
  });

  it('has a committed schema that is the one in use', () => {
    const committed = JSON.parse(readFileSync(new URL('../../reports/waivers.schema.json', import.meta.url), 'utf8'));
    expect(committed).toEqual(waiversSchema);
  });
});

describe('the review of a waivers file', () => {
  it('says what has expired, what will, and what a run makes of it', () => {
    const late = { ...waiver, check: 'CG-MEM', when: {}, expires: '2026-11-01' };
    const elsewhere = { ...waiver, when: { 'host.pasta': '1' }, expires: '2027-06-30' };
    const { lines, isStale } = reviewWaivers([waiver, late, elsewhere], today, [waivedResults('fail')]);
    const text = lines.join('\n');
    expect(isStale).toBe(true);
    expect(text).toContain('CG-MEM  EXPIRED on 2026-11-01');
    expect(text).toContain('debian-11: expected');
    expect(text).toContain('does not apply: there is no fact host.pasta');
    expect(reviewWaivers([{ ...waiver, expires: '2026-12-01' }], today).lines[0]).toContain('expires in 9 days');
  });

  it('is not stale while everything is as expected', () => {
    expect(reviewWaivers([waiver], today, [waivedResults('fail')]).isStale).toBe(false);
    expect(reviewWaivers([waiver], today, [waivedResults('pass')]).isStale).toBe(true);
  });
});

describe('other formats', () => {
  const cases = (results: Results) =>
    new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(junitXml(results)).testsuites;

  it('JUnit: an expected failure is skipped with its bug, a stale waiver is a failure of its own type', () => {
    const expected = cases(waivedResults('fail'));
    expect([expected.failures, expected.skipped]).toEqual(['0', '1']);
    expect(expected.testsuite.testcase[0].skipped.message).toContain('https://bugs.example.org/1');
    expect(cases(waivedResults('pass')).testsuite.testcase[0].failure.type).toBe('unexpected-pass');
  });

  it('TAP: an expected failure is TODO, a stale waiver is not ok', () => {
    expect(tapDocument(waivedResults('fail'))).toMatch(/^not ok 1 - CG-CPU.* # TODO expected failure, waived/m);
    expect(tapDocument(waivedResults('pass'))).toMatch(/^not ok 1 - CG-CPU: the claim of CG-CPU$/m);
  });

  it('the terminal: sections of their own, with what to do', () => {
    const summary = (results: Results) => targetSummary(results, createStyle(false));
    expect(summary(waivedResults('fail'))).toMatch(/Expected, by a waiver:\n {2}CG-CPU/);
    expect(summary(waivedResults('pass'))).toMatch(/Stale waivers:\n {2}CG-CPU\n {4}it passes.*remove the waiver/);
  });
});
