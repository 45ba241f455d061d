import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { checkout } from '../../this-machine/paths.ts';
import { runCommand, runLogged } from '../../this-machine/run-command.ts';
import type { Machine } from '../catalog/machines.ts';
import { ensureImageBox, expectImage, imageBox } from './cloud-image-box.ts';

/** What stands for a machine's box in its stamp: the path of a box made here, else name and version. */
export async function boxIdentity(machine: Machine): Promise<string> {
  const { box } = machine;
  expectImage(machine);
  if (box.image !== undefined) return (await imageBox(box.sha256 ?? '')).path;
  if (!box.build) return [box.name, box.version, box.sha256].filter(Boolean).join('@');
  const { exitCode, stdout, stderr } = await runCommand(buildCommand(machine, '--path'));
  if (exitCode !== 0) throw new RdcError('BOX', `no box for ${machine.name}: ${stderr.trim().slice(0, 300)}`);
  return stdout.trim();
}

/** Makes the machine's box unless the cache holds it; outside the hermetic lab, because it needs the network. */
export async function ensureBox(machine: Machine, onStage: (text: string) => void): Promise<string> {
  if (machine.box.image !== undefined) return await ensureImageBox(machine, onStage);
  const path = await boxIdentity(machine);
  if (!machine.box.build || isBuilt(path)) return path;
  onStage(`building the box of ${machine.box.build.distribution} ${machine.box.build.release} (about 2 minutes, once)`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '--preserve-env=HOME,XDG_CACHE_HOME,RDC_ARCH'];
  await runLogged([...sudo, ...buildCommand(machine)], {
    log: `box-${machine.name}`,
    code: 'BOX',
    what: `cannot build the box of ${machine.name}`,
    timeoutMs: 1_800_000,
  });
  if (!isBuilt(path))
    throw new RdcError('BOX', `build succeeded but produced no box: ${path}`, { hint: `ls -l ${path}` });
  return path;
}

/** A box has its final name only when it is whole. */
export function isBuilt(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

function buildCommand(machine: Machine, ...flags: string[]): string[] {
  const { build } = machine.box;
  if (!build) throw new RdcError('BOX', `the box of ${machine.name} is not built here`);
  return ['sh', join(checkout, 'vms', 'boxes', 'build.sh'), ...flags, build.distribution, build.release];
}
