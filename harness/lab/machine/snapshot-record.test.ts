import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { checkout } from '../../this-machine/paths.ts';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { machineStamp, stampOf, withoutVariants } from './snapshot-record.ts';

it('a stamp depends on every part and on which part is which', () => {
  const stamp = stampOf({ a: '1', b: '2' });
  expect(stampOf({ b: '2', a: '1' })).toBe(stamp);
  expect(stampOf({ a: '1', b: '3' })).not.toBe(stamp);
  expect(stampOf({ a: '12', b: '' })).not.toBe(stamp);
  expect(stampOf({ a: '1' })).not.toBe(stampOf({ a: '1', b: '' }));
});

it('box, accelerator and entry are part of the stamp; when it was last verified is not', () => {
  const machine = findMachine(readMachines(), 'debian-13');
  const stamp = machineStamp(machine, '/cache/a.box', 'tcg');
  expect(machineStamp(machine, '/elsewhere/a.box', 'tcg')).toBe(stamp);
  expect(machineStamp(machine, '/cache/b.box', 'tcg')).not.toBe(stamp);
  expect(machineStamp(machine, '/cache/a.box', 'kvm')).not.toBe(stamp);
  expect(machineStamp({ ...machine, memoryMiB: 4096 }, '/cache/a.box', 'tcg')).not.toBe(stamp);
  const verified = { date: '2026-11-22', versions: {}, judged: 37 };
  expect(machineStamp({ ...machine, verified }, '/cache/a.box', 'tcg')).toBe(stamp);
});

it('every machine whose recipe has common steps gets them, and an image in the list ends no call of Vagrant', () => {
  const vagrantfile = withoutVariants(readFileSync(join(checkout, 'Vagrantfile'), 'utf8'));
  const [steps, recipe] = ["'steps', type: 'file'", "'rootless', type: 'shell'"].map((part) =>
    vagrantfile.indexOf(part),
  );
  expect(steps).toBeGreaterThan(0);
  expect(steps).toBeLessThan(recipe ?? 0);
  expect(vagrantfile).not.toMatch(/raise .*image/);
  expect(vagrantfile).toMatch(/LIST\['machines'\]\.reject \{ \|machine\| machine\['box'\]\['image'\] \}\.each/);
});

it('what only variants run is no part of the stamp of the others', () => {
  const vagrantfile = readFileSync(join(checkout, 'Vagrantfile'), 'utf8');
  const plain = withoutVariants(vagrantfile);
  expect(plain).not.toMatch(/variant/i);
  expect(vagrantfile.split('\n').length - plain.split('\n').length).toBe(7);
  const { variant, ...machine } = findMachine(readMachines(), 'debian-13-pasta');
  const stamp = machineStamp({ ...machine, variant: variant ?? '' }, '/cache/a.box', 'tcg');
  expect(machineStamp({ ...machine, variant: 'fuse-overlayfs' }, '/cache/a.box', 'tcg')).not.toBe(stamp);
  expect(machineStamp(machine, '/cache/a.box', 'tcg')).not.toBe(stamp);
});
