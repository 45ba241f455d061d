import { expect, test as it } from 'vitest';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { checksPages } from './checks-pages.ts';
import { type Judged, pruned, sittingsOf, withResults, withSelftest, wordsText } from './recorded-verdicts.ts';

const containers = { checks: {}, faults: {}, skipped: {} };
const nothing: Judged = { checks: {}, faults: {}, containers };
const digest = 'sha256:0f3a9c12deadbeef';
const results = (startedAt: string, verdicts: Record<string, string>, kind = 'machine', name = 'debian-13') =>
  ({
    target: { name, kind },
    suite: { version: '1', digest },
    run: { startedAt },
    checks: Object.entries(verdicts).map(([id, verdict]) => ({ id, verdict })),
  }) as unknown as Parameters<typeof withResults>[1];
const selftest = (startedAt: string, outcomes: Record<string, string>) =>
  ({
    target: 'debian-13',
    suite: { version: '1', digest },
    run: { startedAt },
    checks: Object.entries(outcomes).map(([id, outcome]) => ({ id, outcome })),
  }) as unknown as Parameters<typeof withSelftest>[1];

it('the last word of a machine on a check is noted, and what is no word is not', () => {
  const first = withResults(nothing, results('2026-11-20T01:00:00Z', { A: 'pass', B: 'fail', C: 'skip', D: 'error' }));
  expect(first.checks).toEqual({
    A: { 'debian-13': 'pass 2026-11-20 0f3a9c12' },
    B: { 'debian-13': 'fail 2026-11-20 0f3a9c12' },
    C: { 'debian-13': 'skip 2026-11-20 0f3a9c12' },
  });
  const later = withResults(first, results('2026-11-22T01:00:00Z', { A: 'blocked', B: 'pass' }));
  expect(later.checks).toMatchObject({
    A: { 'debian-13': 'pass 2026-11-20 0f3a9c12' },
    B: { 'debian-13': 'pass 2026-11-22 0f3a9c12' },
  });
  const older = withResults(later, results('2026-11-21T01:00:00Z', { B: 'fail' }));
  expect(older).toEqual(later);
  const other = withResults(later, results('2026-11-22T01:00:00Z', { B: 'pass' }, 'machine', 'debian-12'));
  expect(wordsText(other.checks.B)).toBe('pass on debian-13, debian-12 (2026-11-22)');
  expect(withResults(nothing, results('2026-11-22T01:00:00Z', { A: 'pass' }, 'ssh')), "somebody's host").toBe(nothing);
  const { target, ...container } = results('2026-11-22T01:00:00Z', { A: 'pass' });
  const { checks } = withResults(nothing, { ...container, target: { ...target, provider: 'nspawn' } });
  expect(checks, 'a container').toBe(nothing.checks);
});

it('so is what became of a fault', () => {
  const judged = withSelftest(nothing, selftest('2026-11-22T01:00:00Z', { A: 'killed', B: 'error', C: 'impossible' }));
  expect(judged.faults).toEqual({
    A: { 'debian-13': 'killed 2026-11-22 0f3a9c12' },
    C: { 'debian-13': 'impossible 2026-11-22 0f3a9c12' },
  });
});

it('what a container says is kept apart, with the reasons of its skips', () => {
  const run = (startedAt: string, verdicts: Record<string, string>) => {
    const { checks, target, ...rest } = results(startedAt, verdicts);
    const withReason = checks.map((check) => ({ ...check, reason: `${check.id}\nis not here` }));
    return { ...rest, target: { ...target, provider: 'nspawn' as const }, checks: withReason };
  };
  const first = withResults(nothing, run('2026-11-22T01:00:00Z', { A: 'pass', B: 'skip', C: 'skip' }));
  const later = withResults(first, run('2026-11-23T01:00:00Z', { C: 'fail' }));
  const older = withResults(later, run('2026-11-21T01:00:00Z', { A: 'skip' }));
  const faults = { ...selftest('2026-11-22T01:00:00Z', { A: 'killed' }), provider: 'nspawn' as const };
  const { containers: found, ...vms } = withSelftest(older, faults);
  expect(vms).toEqual({ checks: {}, faults: {} });
  expect(found).toEqual({
    checks: {
      A: { 'debian-13': 'pass 2026-11-22 0f3a9c12' },
      B: { 'debian-13': 'skip 2026-11-22 0f3a9c12' },
      C: { 'debian-13': 'fail 2026-11-23 0f3a9c12' },
    },
    faults: { A: { 'debian-13': 'killed 2026-11-22 0f3a9c12' } },
    skipped: { A: {}, B: { 'debian-13': 'B is not here' }, C: {} },
  });
  expect(pruned({ ...vms, containers: found }, ['A', 'B', 'C'], ['debian-13']).containers.skipped).toEqual({
    B: { 'debian-13': 'B is not here' },
  });
});

it('what is not declared any more goes', () => {
  const words = { B: { two: 'pass 2026-11-22', one: 'pass 2026-11-22' }, A: { gone: 'pass 2026-11-22' } };
  const { checks } = pruned({ checks: words, faults: {}, containers }, ['A', 'B'], ['one', 'two']);
  expect(JSON.stringify(checks)).toBe('{"B":{"one":"pass 2026-11-22","two":"pass 2026-11-22"}}');
});

/** The pages as one text each, by name: `README` and the areas. */
async function pagesFor(judged: Judged): Promise<Record<string, string>> {
  const pages = checksPages(await loadChecks(), judged);
  return Object.fromEntries(pages.map(({ path, text }) => [path.replace(/.*\/|\.md$/g, ''), text]));
}

it('a page says where a check was judged and its fault tried; the index counts the faults', async () => {
  const judged: Judged = {
    checks: {
      'NS-INFO': { 'debian-12': 'pass 2026-11-20', 'debian-13': 'pass 2026-11-22 0f3a9c12' },
      'PRE-INSTALL': { 'debian-12': 'fail 2026-11-20', 'debian-13': 'fail 2026-11-22 0f3a9c12' },
      'SRC-BUILTIN3': { 'debian-13': 'skip 2026-11-22 0f3a9c12' },
    },
    faults: { 'NS-INFO': { 'debian-13': 'killed 2026-11-22' }, 'SOCK-MODE': { 'debian-13': 'survived 2026-11-22' } },
    containers,
  };
  const { README = '', namespaces = '' } = await pagesFor(judged);
  const section = namespaces.slice(namespaces.indexOf('## NS-INFO'), namespaces.indexOf('## NS-DAEMON-EUID'));
  expect(section).toContain('- Judged: pass on debian-12 (2026-11-20); pass on debian-13 (2026-11-22)\n');
  expect(section).toContain('- Fault test: killed on debian-13 (2026-11-22)\n');
  expect(README).toContain('| the check turned red with its own message | 1 | last on 2026-11-22 |');
  expect(README).toContain('| the check stayed green | 1 | [SOCK-MODE](sockets.md#sock-mode) |');
  expect(README).toMatch(/\| not tried yet \| \d+ \| .*\[NS-UIDMAP\]\(namespaces\.md#ns-uidmap\)/);
  expect(README).toMatch(/skipped on every machine judged so far \| 1 \| \[SRC-BUILTIN3\]/);
  expect(README).toMatch(/the check fails without it \| 1 \| \[PRE-INSTALL\]/);
  const bare = Object.values(await pagesFor(nothing)).join('');
  expect(bare).not.toMatch(/^- (Judged|Fault test): |^## Faults/m);
});

it('the index says with which state of the suite that was', async () => {
  const later = '5bc02f80';
  const judged: Judged = {
    checks: {
      'NS-INFO': { 'debian-12': 'pass 2026-11-20', 'debian-13': `pass 2026-11-22 ${later}` },
      'SOCK-MODE': { 'debian-13': `pass 2026-11-22 ${later}` },
      'SOCK-PATH': { 'debian-13': 'fail 2026-11-22 0f3a9c12' },
    },
    faults: { 'NS-INFO': { 'debian-13': 'killed 2026-11-22 0f3a9c12' } },
    containers,
  };
  expect(sittingsOf(judged.checks)).toEqual([
    { machine: 'debian-12', day: '2026-11-20', suite: undefined, count: 1 },
    { machine: 'debian-13', day: '2026-11-22', suite: later, count: 2 },
    { machine: 'debian-13', day: '2026-11-22', suite: '0f3a9c12', count: 1 },
  ]);
  expect((await pagesFor(judged)).README).toContain(`|---|---|---|---|
| debian-12 | 1 check | 2026-11-20 | not recorded |
| debian-13 | 2 checks | 2026-11-22 | \`${later}\` |
| debian-13 | 1 check | 2026-11-22 | \`0f3a9c12\` |
| debian-13 | 1 fault | 2026-11-22 | \`0f3a9c12\` |
`);
});
