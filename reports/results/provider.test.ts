import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it, vi } from 'vitest';
import { keepInHistory, readHistory } from '../allure/kept-history.ts';
import { baselineSummary } from '../compare/baseline.ts';
import { compareResults } from '../compare/compare.ts';
import { comparisonPage } from '../compare/page.ts';
import { readBaselines } from '../compare/read-baselines.ts';
import { comparisonTable } from '../compare/table.ts';
import { formats } from '../formats/registry.ts';
import { joinResults } from '../merge/join-results.ts';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { targetSummary } from '../terminal/summary.ts';
import { createStyle } from '../wording/style.ts';
import { providerOf } from './provider.ts';
import type { Results } from './results.schema.ts';
import { writeResultsFile } from './run-folder.ts';

const style = createStyle(false);
const mixed = /a container is compared with a VM/;

function runOf(day: string, provider?: 'libvirt' | 'nspawn'): Results {
  const kernel = provider === 'nspawn' ? '6.18.5' : '6.12.57+deb13-amd64';
  const facts = { host: { kernel }, startedAt: `2026-11-${day}T05:00:00.000Z`, ...(provider && { provider }) };
  const results = resultsWith('debian-13', [{ id: 'A-ONE', verdict: 'pass' }], facts);
  return { ...results, run: { ...results.run, id: `2026-11-${day}` } };
}

const vm = runOf('01', 'libvirt');
const container = runOf('02', 'nspawn');
/** of a time when there were only VMs */
const old = runOf('03');

it('a machine without a word of its provider is a VM, a host of somebody has none', () => {
  expect([vm, container, old].map(providerOf)).toEqual(['libvirt', 'nspawn', 'libvirt']);
  expect(providerOf({ target: { name: 'me@host', kind: 'ssh' } })).toBeUndefined();
});

it('the heads of a comparison have provider and kernel, and say when a container is compared with a VM', () => {
  const comparison = compareResults([vm, container]);
  expect(comparison.columns).toMatchObject([
    { provider: 'libvirt', kernel: '6.12.57+deb13-amd64' },
    { provider: 'nspawn', kernel: '6.18.5' },
  ]);
  const table = comparisonTable(comparison, style);
  expect(table).toContain("compared with A; nspawn (a container, on its host's kernel), kernel 6.18.5\n");
  expect(table).toMatch(mixed);
  const page = comparisonPage(comparison, {});
  expect(page).toContain('<span class="how">libvirt (a VM), kernel 6.12.57+deb13-amd64</span>');
  expect(page).toMatch(mixed);
  const same = compareResults([vm, old]);
  expect(comparisonTable(same, style)).not.toMatch(mixed);
  expect(comparisonPage(same, {})).not.toMatch(mixed);
});

it('in a folder of runs only those of the same provider are a baseline; one that is named is compared, and it says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdc-provider-'));
  for (const results of [vm, container]) writeResultsFile(join(folder, results.run.id, 'debian-13'), results);
  const wanted = { targets: ['debian-13'], checks: ['A-ONE'] };
  const idOf = (path: string, provider: 'libvirt' | 'nspawn') =>
    readBaselines(path, { ...wanted, provider }).get('debian-13')?.results.run.id;
  expect(idOf(folder, 'libvirt')).toBe('2026-11-01');
  expect(idOf(folder, 'nspawn')).toBe('2026-11-02');
  const named = join(folder, '2026-11-01');
  expect(idOf(named, 'nspawn')).toBe('2026-11-01');
  const baseline = { file: named, results: vm, passedOver: [] };
  expect(baselineSummary(baseline, container, { style, folder })).toMatch(mixed);
  const vmsOnly = mkdtempSync(join(tmpdir(), 'rdc-provider-'));
  writeResultsFile(join(vmsOnly, '2026-11-01', 'debian-13'), vm);
  expect(() => idOf(vmsOnly, 'nspawn')).toThrow(
    /debian-13: 0 runs of it \(and 1 not by nspawn, which have to be named/,
  );
});

it('the trends of a container are its own', () => {
  const history = mkdtempSync(join(tmpdir(), 'rdc-provider-'));
  for (const results of [vm, container, old]) keepInHistory(history, results);
  const daysOf = (results: Results) => readHistory(history, results).points.map(({ run }) => run.id.slice(-2));
  expect(daysOf(runOf('04', 'libvirt'))).toEqual(['01', '03']);
  expect(daysOf(runOf('04', 'nspawn'))).toEqual(['02']);
});

it('shards of a VM and of a container are not one target; old ones of a VM are', () => {
  const join = (one: Results, other: Results) =>
    joinResults({ from: 'a', results: one }, { from: 'b', results: other });
  const sameKernel = { ...container, facts: vm.facts };
  expect(() => join(vm, sameKernel)).toThrow(
    'debian-13 is not the same in a and b: target.provider is "libvirt" and "nspawn"',
  );
  expect(join(vm, old).results.target).toEqual(vm.target);
});

it.each(['junit', 'tap', 'tmt', 'kcidb', 'ctrf', 'markdown'] as const)('%s says that it was a container', (name) => {
  expect(formats[name].write(container)).toContain('nspawn');
  expect(formats[name].write(vm)).not.toContain('nspawn');
});

it('summary and report have provider and kernel of a container', async () => {
  expect(targetSummary(container, style)).toContain(
    "provider: nspawn (a container, on its host's kernel), kernel 6.18.5",
  );
  expect(targetSummary(vm, style)).not.toContain('provider');
  const folder = mkdtempSync(join(tmpdir(), 'rdc-provider-'));
  writeResultsFile(join(folder, 'debian-13'), container);
  vi.stubEnv('RDC_RUN_FOLDER', folder);
  const { default: config } = await import('../allure/allurerc.ts');
  expect(config.variables).toMatchObject({
    provider: "nspawn (a container, on its host's kernel)",
    kernel: '6.18.5',
  });
});
