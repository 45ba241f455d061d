import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { findMachine, readMachines } from '../../harness/lab/catalog/machines.ts';
import { writeResultsFile } from '../../reports/results/run-folder.ts';
import { resultsWith, type Told } from '../../reports/synthetic-runs/compared-results.ts';
import type { TargetName } from '../targets/target-names.ts';
import { emulationNote } from './emulation-note.ts';

const target = (name: string): TargetName => ({ kind: 'machine', name, machine: findMachine(readMachines(), name) });
const run = (name: string, provider?: 'nspawn') => ({
  targets: [target(name)],
  options: provider ? { provider } : {},
  suiteSize: 2,
});
const folder = () => mkdtempSync(join(tmpdir(), 'rdc-emulation-'));

function writeRun(out: string, day: string, minutes: number, more: { checks: number; provider?: 'nspawn' }): void {
  const told = Array.from({ length: more.checks }, (_, n): Told => ({ id: `A-${n}`, verdict: 'pass' }));
  const results = resultsWith('debian-13', told, more);
  const timed = { ...results, run: { ...results.run, durationMs: minutes * 60_000 } };
  writeResultsFile(join(out, `2026-11-${day}T05-00-00Z-3f9a`, 'debian-13'), timed);
}

it('says that VMs are emulated, an estimate, the way to an answer sooner and what that does not cover', () => {
  const [time, sooner] = emulationNote(run('debian-13'), 'no /dev/kvm', folder());
  expect(time).toMatch(/^VMs are emulated on this machine \(no \/dev\/kvm\).* a whole run takes 10 to 20 minutes/);
  expect(sooner).toMatch(
    /about 3 minutes: \.\/rdc run debian-13 --provider nspawn\. .*serial ports.*never counts as verified/,
  );
});

it('knows how long the last whole run of the VM took; a part, and a container, are no such run', () => {
  const out = folder();
  writeRun(out, '01', 9, { checks: 2 });
  writeRun(out, '02', 1, { checks: 1 });
  writeRun(out, '03', 2, { checks: 2, provider: 'nspawn' });
  expect(emulationNote(run('debian-13'), 'x', out)[0]).toContain('a whole run of debian-13 took 9 min');
});

it('does not send a machine to containers that cannot be one, and says nothing of containers', () => {
  expect(emulationNote(run('debian-13-sysvinit'), 'x', folder())).toHaveLength(1);
  expect(emulationNote(run('debian-13', 'nspawn'), 'x', folder())).toEqual([]);
});
