import { expect, test as it } from 'vitest';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { differencesOf, providersPage, readReasons, reasonsFile } from './providers-page.ts';
import { type Judged, readJudged } from './recorded-verdicts.ts';

const judged: Judged = {
  checks: {
    'CG-MEM': { 'debian-12': 'pass 2026-11-30', 'debian-13': 'pass 2026-11-30 b23f245a' },
    'LIM-NOFILE': { 'debian-13': 'pass 2026-11-30' },
    'NS-INFO': { 'debian-13': 'pass 2026-11-30' },
    'PORT-V6': { 'debian-13': 'pass 2026-11-30' },
  },
  faults: {},
  containers: {
    checks: {
      'CG-MEM': { 'debian-12': 'skip 2026-11-30', 'debian-13': 'skip 2026-11-30 b23f245a' },
      'LIM-NOFILE': { 'debian-12': 'fail 2026-11-30', 'debian-13': 'fail 2026-11-30' },
      'NS-INFO': { 'debian-13': 'pass 2026-12-01' },
      'PORT-V6': { 'debian-13': 'fail 2026-11-30' },
    },
    faults: { 'NS-INFO': { 'debian-13': 'killed 2026-11-30' }, 'PORT-V6': { 'debian-13': 'impossible 2026-11-30' } },
    skipped: { 'CG-MEM': { 'debian-12': 'no controllers', 'debian-13': 'no controllers' } },
  },
};

it('each verdict that differs has its reason: of the skip itself, or one that somebody wrote', () => {
  const written = { 'LIM-NOFILE': 'limits of the host', 'CG-MEM': 'not asked' };
  const found = differencesOf(judged, written).map(({ id, machine, reason }) => [id, machine, reason]);
  expect(found).toEqual([
    ['CG-MEM', 'debian-12', 'no controllers'],
    ['CG-MEM', 'debian-13', 'no controllers'],
    ['LIM-NOFILE', 'debian-13', 'limits of the host'],
    ['PORT-V6', 'debian-13', undefined],
  ]);
});

it('a reason for one machine goes before that for all', () => {
  const written = { 'LIM-NOFILE': 'of all', 'LIM-NOFILE debian-13': 'of this one' };
  expect(differencesOf(judged, written).find(({ id }) => id === 'LIM-NOFILE')).toMatchObject({
    reason: 'of this one',
    writtenAs: 'LIM-NOFILE debian-13',
  });
});

it('the page counts, groups differences of the same reason, and has a row for each check', async () => {
  const checks = await loadChecks();
  const page = providersPage(checks, judged, { 'LIM-NOFILE': 'limits of the host' });
  expect(page).toContain('| debian-13 | 2026-12-01 | 4 | 1 | 3 | 1 of 1 |');
  expect(page).toContain('| CG-MEM | pass | skip | no controllers |');
  expect(page).toContain('| LIM-NOFILE (debian-13) | pass | fail | limits of the host |');
  expect(page).toContain('| PORT-V6 (debian-13) | pass | fail | not known |');
  expect(page).toContain('| [NS-INFO](checks/namespaces.md#ns-info) |  |  | pass | = |');
  for (const { id } of checks) expect(page).toContain(`| [${id}](`);
});

it(`each difference that is recorded has a reason, and ${reasonsFile} no other`, () => {
  const differences = differencesOf(readJudged(), readReasons());
  const unexplained = differences.filter(({ reason = '' }) => reason === '');
  expect(unexplained.map(({ id, machine, vm, container }) => `${id} ${machine}: ${vm}, ${container}`)).toEqual([]);
  const used = new Set(differences.map(({ writtenAs }) => writtenAs));
  expect(Object.keys(readReasons()).filter((key) => !used.has(key))).toEqual([]);
});
