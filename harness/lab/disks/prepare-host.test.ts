import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test as it, vi } from 'vitest';
import { checkout } from '../../this-machine/paths.ts';
import { findMachine, readMachines } from '../catalog/machines.ts';
import { prepareHost } from './prepare-host.ts';

it('another architecture is refused before anything is asked, said or installed', async () => {
  vi.stubEnv('RDC_ARCH', 'arm64');
  const said = vi.fn();
  const machines = [findMachine(readMachines(), 'debian-13')];
  await expect(prepareHost({ purpose: 'lab', machines, onStage: said, ask: said })).rejects.toThrow(
    '[BOX] debian-13 cannot be built for arm64: boxes are built for x86-64 only',
  );
  expect(said).not.toHaveBeenCalled();
  const build = spawnSync('sh', [join(checkout, 'vms/boxes/build.sh'), 'debian', '13'], { encoding: 'utf8' });
  expect(build.stderr).toBe('boxes are built for amd64 only, not for arm64\n');
  vi.unstubAllEnvs();
});
