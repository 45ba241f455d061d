import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import type { RootStep } from '../../this-machine/as-root.ts';
import { cachePath, checkout } from '../../this-machine/paths.ts';
import { runCommand } from '../../this-machine/run-command.ts';
import type { Machine } from '../catalog/machines.ts';
import { expectImage, imageBox } from './cloud-image-box.ts';

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

/** Whether this user can build boxes: root can, others with namespaces and subordinate IDs. */
export async function canBuild(): Promise<boolean> {
  const argv = ['sh', join(checkout, 'vms', 'boxes', 'build.sh'), '--can-build', 'debian', '13'];
  return (await runCommand(argv)).exitCode === 0;
}

/** The step that builds the machine's box, as root or who can build; undefined where it is there, or not built here. */
export async function boxStep(machine: Machine): Promise<RootStep | undefined> {
  const { build } = machine.box;
  if (!build || isBuilt(await boxIdentity(machine))) return undefined;
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  // the folder is ours, whoever builds
  cachePath('boxes', 'box');
  const kept = ['HOME', 'XDG_CACHE_HOME', 'RDC_ARCH', 'RDC_APT_ETC'].flatMap((name) => {
    const value = process.env[name];
    return value ? [`${name}=${value}`] : [];
  });
  return {
    what: `build the box of ${build.distribution} ${build.release} (about 2 minutes, once)`,
    commands: [['env', ...kept, `RDC_OWNER=${uid}:${gid}`, ...buildCommand(machine)]],
    code: 'BOX',
  };
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
