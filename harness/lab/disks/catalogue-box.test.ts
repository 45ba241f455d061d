import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it, vi } from 'vitest';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { ensureCatalogueBox } from './catalogue-box.ts';

let folder: string;
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
const machine = findMachine(readMachines(), 'debian-12-box');

function vagrant(script = ''): void {
  writeFileSync(join(folder, 'vagrant'), `#!/bin/sh\necho "$VAGRANT_HOME: $*" >>${folder}/calls\n${script}`);
  chmodSync(join(folder, 'vagrant'), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-catalogue-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  vagrant();
  return () => vi.unstubAllEnvs();
});

it('a box of the catalogue is fetched once, by its version, its address and its checksum', async () => {
  const said = vi.fn();
  await ensureCatalogueBox(machine, said);
  const home = join(folder, 'cache/rdc/vagrant');
  const end = '--no-color --no-tty';
  expect(said).toHaveBeenCalledWith('debian-12-box: downloading the box debian/bookworm64 (once)');
  expect(calls()).toEqual([`${home}: box add debian/bookworm64 --box-version >= 12 --provider libvirt ${end}`]);
  const box = { ...machine.box, url: 'https://example.org/x.box', sha256: 'a'.repeat(64) };
  await ensureCatalogueBox({ ...machine, box }, said);
  expect(calls()[1]).toBe(
    `${home}: box add --name debian/bookworm64 https://example.org/x.box --checksum ${box.sha256} --checksum-type sha256 --provider libvirt ${end}`,
  );
  mkdirSync(join(home, 'boxes/debian-VAGRANTSLASH-bookworm64'), { recursive: true });
  await ensureCatalogueBox(machine, said);
  expect(calls()).toHaveLength(2);
});

it('a box that cannot be fetched is one message, with what Vagrant said', async () => {
  vagrant("echo 'The box could not be found'; exit 1");
  await expect(ensureCatalogueBox(machine, () => {})).rejects.toThrow(
    /^\[BOX\] vagrant box add debian\/bookworm64: exit code 1\n {2}The box could not be found\n/,
  );
});
