import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { parseSuSetup } from './su-setup.ts';

it('debian-12: the tool finds no systemd and makes its own runtime directory', () => {
  const setup = parseSuSetup(readFileSync(join(import.meta.dirname, 'fixtures/debian-12-su-setup.txt'), 'utf8'));
  expect(setup.managerThrough).toEqual([]);
  expect(setup.madeRunDirectory).toBe(true);
  expect(setup.said).toMatch(/^\[INFO\] systemd not detected, dockerd-rootless\.sh needs to be started manually:$/m);
  expect(setup.said).not.toContain('\u001b');
});

it('a way to the user manager is told from a tool that does not run', () => {
  expect(parseSuSetup('manager su -\n')).toMatchObject({ managerThrough: ['su -'], madeRunDirectory: false });
  expect(parseSuSetup('sh: 4: dockerd-rootless-setuptool.sh: not found\n')).toMatchObject({ managerThrough: [] });
});
