import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as it } from 'vitest';
import type { JudgedCheck } from '../results/results.schema.ts';
import { resultsWith, type Told } from '../synthetic-runs/compared-results.ts';
import { createStyle } from '../wording/style.ts';
import { type Change, changeOf } from './change.ts';
import { compareResults } from './compare.ts';
import { comparisonPage, differingEvidence } from './page.ts';
import { comparisonTable } from './table.ts';

describe('what became of a check', () => {
  const verdict = (text: string | undefined) =>
    text === undefined ? undefined : ({ verdict: text } as Pick<JudgedCheck, 'verdict'>);
  const cases: readonly [string | undefined, string | undefined, Change][] = [
    ['pass', 'pass', 'same'],
    ['pass', 'fail', 'regressed'],
    ['skip', 'fail', 'regressed'],
    ['error', 'fail', 'regressed'],
    ['pass', 'skip', 'lost'],
    ['pass', 'blocked', 'lost'],
    ['pass', 'error', 'lost'],
    ['pass', undefined, 'gone'],
    ['fail', undefined, 'gone'],
    ['fail', 'pass', 'fixed'],
    ['fail', 'skip', 'changed'],
    ['skip', 'pass', 'changed'],
    [undefined, 'fail', 'new'],
    [undefined, undefined, 'same'],
  ];
  it.each(cases)('%s, then %s: %s', (base, other, change) => {
    expect(changeOf(verdict(base), verdict(other))).toBe(change);
  });

  it('a limitation that was lifted and now fails differently changed; a flaky one is flaky, whatever came out', () => {
    expect(changeOf({ verdict: 'fail', finding: 'lifted' }, { verdict: 'fail', finding: 'differs' })).toBe('changed');
    expect(changeOf({ verdict: 'pass' }, { verdict: 'pass', flaky: true })).toBe('flaky');
  });
});

/** What real machines said, cut down to what differs. */
const debian = (release: number, systemdVersion: number, kernel: string, more: { cpu: boolean; driver: string }) =>
  resultsWith(
    `debian-${release}`,
    [
      { id: 'CG-MEM', verdict: 'pass' },
      more.cpu
        ? { id: 'CG-CPU', verdict: 'pass' }
        : { id: 'CG-CPU', verdict: 'skip', reason: `systemd ${systemdVersion} does not delegate the cpu controller` },
    ],
    {
      host: {
        systemdVersion,
        kernel,
        memoryMiB: 1966 + release,
        cgroup: { version: 2, userControllers: more.cpu ? ['cpu', 'memory', 'pids'] : ['memory', 'pids'] },
        user: { memlockBytes: systemdVersion < 254 ? 257_806_336 : 8_388_608 },
        install: { steps: [{ name: 'setuptool check', command: 'x', exitCode: release === 13 ? 1 : 127 }] },
      },
      daemon: { storageDriver: more.driver },
    },
  );
const releases = [
  debian(11, 247, '5.10.0-46-amd64', { cpu: false, driver: 'fuse-overlayfs' }),
  debian(12, 252, '6.1.0-56-amd64', { cpu: true, driver: 'overlay2' }),
  debian(13, 257, '6.12.117+deb13-amd64', { cpu: true, driver: 'overlay2' }),
];

describe('a comparison of hosts', () => {
  const comparison = compareResults(releases);

  it('explains a verdict by the facts that go with it: delegation and systemd before anything else', () => {
    const row = comparison.checks.find(({ id }) => id === 'CG-CPU');
    expect(row?.changes).toEqual(['same', 'changed', 'changed']);
    const facts = row?.explanations.map(({ fact }) => fact);
    expect(facts?.slice(0, 2).sort()).toEqual(['host.cgroup.userControllers', 'host.systemdVersion']);
    expect(comparison.checks.find(({ id }) => id === 'CG-MEM')?.change).toBe('same');
  });

  it('names the causes of what differs without being told', () => {
    const causes = Object.fromEntries(comparison.facts.map(({ fact, cause }) => [fact, cause]));
    expect(causes).toMatchObject({
      'host.cgroup.userControllers': 'host.systemdVersion',
      'daemon.storageDriver': 'host.kernel',
      'host.user.memlockBytes': 'host.systemdVersion',
      'host.install.setuptool check': undefined,
    });
    expect(causes, 'a few MiB of memory are no difference').not.toHaveProperty('host.memoryMiB');
  });

  it('is a table with the reason, the facts by their value, and the count', () => {
    const table = comparisonTable(comparison, createStyle(false));
    expect(table).toContain('CG-CPU             A skip  B ok  C ok');
    expect(table).toContain('perhaps  host.cgroup.userControllers: memory pids (A) · cpu memory pids (B, C)');
    expect(table).toContain('because  host.kernel: overlay mounts in a user namespace');
    expect(table.trimEnd().split('\n').at(-1)).toBe('3 results, 2 checks: 1 changed');
  });
});

describe('a comparison of runs', () => {
  const at = (startedAt: string, told: readonly Told[]) => resultsWith('debian-13', told, { startedAt });
  const first = at('2026-11-20T05:00:00.000Z', [
    { id: 'NS-UIDMAP', verdict: 'pass' },
    { id: 'NS-GIDMAP', verdict: 'pass' },
  ]);
  const second = at('2026-11-22T05:00:00.000Z', [
    { id: 'NS-UIDMAP', verdict: 'fail', reason: 'the map: expected 2, found 1', remedy: 'mend it' },
    { id: 'NS-NEW', verdict: 'pass' },
  ]);

  it('takes the first run of a target as the base of its later ones, and the first column for other hosts', () => {
    const other = resultsWith('debian-12', [{ id: 'NS-UIDMAP', verdict: 'pass' }]);
    const { columns, checks } = compareResults([other, first, second]);
    expect(columns.map(({ label, base }) => [label, base])).toEqual([
      ['debian-12', 0],
      ['debian-13 2026-11-20 05:00', 0],
      ['debian-13 2026-11-22 05:00', 1],
    ]);
    expect(checks.map(({ id, changes }) => [id, changes[2]])).toEqual([
      ['NS-UIDMAP', 'regressed'],
      ['NS-GIDMAP', 'gone'],
      ['NS-NEW', 'new'],
    ]);
  });

  it('a check that was never judged is an error there, not absent', () => {
    const broken = {
      ...first,
      checks: [],
      incomplete: 'lost',
      notJudged: first.checks.map(({ id, area, level, title }) => ({ id, area, level, title })),
    };
    const { checks } = compareResults([first, broken]);
    expect(checks.map(({ change, cells }) => [change, cells[1]?.verdict])).toEqual([
      ['lost', 'error'],
      ['lost', 'error'],
    ]);
  });

  it('shows what to do about a regression', () => {
    const table = comparisonTable(compareResults([first, second]), createStyle(false));
    expect(table).toContain('regressed (1): fails now, did not before');
    expect(table).toContain('why      the map: expected 2, found 1');
    expect(table).toContain('to do    mend it');
  });
});

it('markup of a target is text on the page, and marks that reorder or hide text are dropped', () => {
  const title = '</td><img src=x> "a" \'b\' \u202ereversed\u2066 \u200bhidden \u001b[2J';
  const page = comparisonPage(compareResults([resultsWith('one', [{ id: 'CG-MEM', verdict: 'fail', title }])]), {});
  expect(page).toContain('&lt;/td&gt;&lt;img src=x&gt; &quot;a&quot; &#39;b&#39; reversed hidden</span>');
  expect(page).not.toContain('<img');
  const [visible = ''] = page.split('<script');
  expect(visible).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});

it('200 hosts of 150 checks are compared and drawn in under 5 seconds of the processor', () => {
  const ids = Array.from({ length: 150 }, (_, index) => `CG-N${index}`);
  const hosts = Array.from({ length: 200 }, (_, host) =>
    resultsWith(
      `host-${host}`,
      ids.map((id, index) => ({ id, verdict: (host + index) % 7 === 0 ? 'fail' : 'pass', reason: 'x'.repeat(100) })),
      { host: Object.fromEntries(Array.from({ length: 80 }, (_, fact) => [`fact${fact}`, (host * fact) % 11])) },
    ),
  );
  const before = process.memoryUsage().heapUsed;
  // not the time that passes, which is also that of whatever else the machine does
  const start = process.cpuUsage();
  const comparison = compareResults(hosts);
  const page = comparisonPage(comparison, {});
  expect(comparisonTable(comparison, createStyle(false))).toContain('200 results, 150 checks');
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000, 'ms of the processor').toBeLessThan(5_000);
  expect((process.memoryUsage().heapUsed - before) / 2 ** 20, 'MiB').toBeLessThan(500);
  expect(page.length / 2 ** 20, 'MiB of the page').toBeLessThan(20);
});

it('evidence of a stranger is read from the folder of the run only, and never waited for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-evidence-'));
  mkdirSync(join(folder, 'evidence'));
  const at = (name: string) => join(folder, 'evidence', name);
  writeFileSync(at('A.txt'), 'seen');
  symlinkSync('/etc/passwd', at('B.txt'));
  execFileSync('mkfifo', [at('C.txt')]);
  const told = ['A', 'B', 'C'].map((id) => ({ id, verdict: 'fail', evidence: `evidence/${id}.txt` }) as const);
  const one = resultsWith('one', told);
  const evidence = differingEvidence(compareResults([one, one]), [folder, folder]);
  expect(new Set(Object.values(evidence))).toEqual(new Set(['seen']));
});
