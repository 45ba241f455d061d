import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test as it } from 'vitest';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import type { Selftest, SelftestRow } from './fault-results.ts';
import { carriedRows, type Resume } from './resume.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-resume-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const row = (id: string, outcome: SelftestRow['outcome'], message = ''): SelftestRow => ({
  id,
  outcome,
  by: 'a fault',
  message,
});

function write(run: string, startedAt: string, changes: Partial<Selftest>): void {
  const selftest = {
    target: 'debian-13',
    suite: { version: '1', digest: 'sha256:a' },
    run: { id: run, startedAt },
    checks: [],
    score: '',
    ...changes,
  };
  mkdirSync(join(folder, run));
  writeFileSync(join(folder, run, 'selftest.json'), JSON.stringify(selftest));
}

const checks = ['A', 'B', 'C', 'D', 'E'].map((id) => ({ id }) as DeclaredCheck);
const carried = (changes: Partial<Resume> = {}) =>
  carriedRows(checks, {
    folder,
    named: undefined,
    target: 'debian-13',
    provider: 'libvirt',
    digest: 'sha256:a',
    wantsBlastRadius: false,
    ...changes,
  });

it('what a container noticed is not carried over to the VM, nor the other way round', () => {
  write('one', '2026-11-22T01:00:00Z', { checks: [row('A', 'killed')] });
  write('two', '2026-11-22T02:00:00Z', { provider: 'nspawn', checks: [row('B', 'killed')] });
  expect(carried().map(({ id }) => id)).toEqual(['A']);
  expect(carried({ provider: 'libvirt' }).map(({ id }) => id)).toEqual(['A']);
  expect(carried({ provider: 'nspawn' }).map(({ id }) => id)).toEqual(['B']);
});

it('the newest word on each check is taken over, with its run; what is no outcome is tried again', () => {
  write('one', '2026-11-22T01:00:00Z', { checks: [row('A', 'survived'), row('B', 'killed'), row('E', 'killed')] });
  write('two', '2026-11-22T02:00:00Z', {
    checks: [row('A', 'killed'), row('C', 'impossible'), row('D', 'error'), row('E', 'error')],
    incomplete: 'interrupted',
  });
  write('three', '2026-11-22T00:00:00Z', { checks: [row('A', 'survived')] });
  expect(carried().map(({ id, outcome, run }) => `${id} ${outcome} ${run}`)).toEqual([
    'A killed two',
    'B killed one',
    'C impossible two',
  ]);
});

it('another suite, another target and what is no selftest are nothing to go on with', () => {
  write('suite', '2026-11-22T01:00:00Z', { suite: { version: '1', digest: 'sha256:b' }, checks: [row('A', 'killed')] });
  write('target', '2026-11-22T01:00:00Z', { target: 'debian-12', checks: [row('A', 'killed')] });
  write('old', '2026-11-22T01:00:00Z', { target: undefined as unknown as string });
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'selftest.json'), '{"target":');
  mkdirSync(join(folder, 'none'));
  expect(carried()).toEqual([]);
  expect(carried({ folder: join(folder, 'nowhere') })).toEqual([]);
});

it('what a VM said is no word on a container, nor the other way round; files without a provider are of VMs', () => {
  write('old', '2026-11-22T01:00:00Z', { checks: [row('A', 'killed')] });
  write('vm', '2026-11-22T02:00:00Z', { provider: 'libvirt', checks: [row('B', 'killed')] });
  write('container', '2026-11-22T03:00:00Z', { provider: 'nspawn', checks: [row('C', 'killed')] });
  expect(carried().map(({ id }) => id)).toEqual(['A', 'B']);
  expect(carried({ provider: 'nspawn' }).map(({ id }) => id)).toEqual(['C']);
  expect(carried({ provider: undefined }).map(({ id }) => id)).toEqual(['A', 'B']);
});

it('a folder of its own is read too, and an outcome keeps the run that found it', () => {
  write('elsewhere', '2026-11-22T01:00:00Z', { checks: [{ ...row('A', 'killed'), run: 'first' }] });
  const named = join(folder, 'elsewhere');
  expect(carried({ folder: join(folder, 'nowhere'), named }).map(({ run }) => run)).toEqual(['first']);
});

it('a kill without the blast radius that is asked for is tried again', () => {
  const blastRadius = { judged: 1, explained: [], unexplained: [] };
  const rows = [row('A', 'killed'), { ...row('B', 'killed'), blastRadius }, row('C', 'impossible')];
  write('one', '2026-11-22T01:00:00Z', { checks: rows });
  expect(carried({ wantsBlastRadius: true }).map(({ id }) => id)).toEqual(['B', 'C']);
});
