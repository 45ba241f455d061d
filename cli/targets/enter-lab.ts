import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ensureFixtureImage } from '../../harness/fixture-image/build.ts';
import type { Machine } from '../../harness/lab/catalog/machines.ts';
import { chooseProvider, type ProviderName } from '../../harness/lab/catalog/provider-names.ts';
import { clearAbandonedMachines } from '../../harness/lab/cleanup/abandoned-machines.ts';
import { diskState, diskWarning } from '../../harness/lab/cleanup/disk-usage.ts';
import { boxIdentity } from '../../harness/lab/disks/box.ts';
import { expectImage } from '../../harness/lab/disks/cloud-image-box.ts';
import { expectEngineRuns } from '../../harness/lab/disks/engine-files.ts';
import { prepareHost } from '../../harness/lab/disks/prepare-host.ts';
import {
  chooseLab,
  ensureLab,
  enterCommand,
  expectRoot,
  isInsideLab,
  type LabKind,
} from '../../harness/lab/hermetic/hermetic-lab.ts';
import { systemLibvirt } from '../../harness/lab/libvirt/kvm-trial.ts';
import { expectSystemAccess } from '../../harness/lab/libvirt/system-access.ts';
import { providers } from '../../harness/lab/machine/providers.ts';
import { expectAbilities } from '../../harness/lab/nspawn/host-abilities.ts';
import { rootTreeOf } from '../../harness/lab/nspawn/root-tree.ts';
import { type AccelAnswer, chooseAccel, describeAccel } from '../../harness/lab/setup/acceleration.ts';
import { expectLinux } from '../../harness/lab/setup/host-setup.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { LabOptions } from '../options/options.ts';
import { askOnTerminal } from './agreement.ts';

export type LabNeeds = {
  readonly machines: readonly Machine[];
  readonly options: LabOptions;
  readonly onStage: (text: string) => void;
  /** told what VMs run with, as soon as that is known */
  readonly onAccel?: (answer: AccelAnswer) => void;
};

/**
 * Prepares the lab for the machines: packages, boxes and the fixture image, which need the network, and the lab
 * itself. With a hermetic lab the command then starts again inside its network namespace and this does not return;
 * otherwise the caller goes on.
 */
export async function enterLab({ machines, options, onStage, onAccel }: LabNeeds): Promise<void> {
  const { lab, provider } = settleLab(options);
  if (machines.length === 0) return;
  for (const machine of machines) providers[provider].expectPossible(machine);
  if (isInsideLab()) return await clearAbandonedMachines(onStage);
  const full = diskWarning(diskState());
  if (full !== undefined) onStage(full);
  expectLinux();
  for (const machine of machines) expectImage(machine);
  if (provider === 'nspawn') await expectAbilities({ unpacked: await areUnpacked(machines) });
  if (chooseLab(lab) === 'hermetic') expectRoot();
  const purpose = provider === 'nspawn' ? 'containers' : 'lab';
  await prepareHost({ purpose, machines, onStage, ask: askOnTerminal });
  for (const machine of machines) expectEngineRuns(machine, await boxIdentity(machine));
  await expectSystemAccess();
  const accel = provider === 'nspawn' ? undefined : await chooseAccel(systemLibvirt());
  if (accel) onAccel?.(accel);
  onStage(describeUse(chooseLab(lab), accel));
  await ensureFixtureImage({ arch: process.arch === 'arm64' ? 'arm64' : 'amd64' });
  if (chooseLab(lab) === 'system') return await clearAbandonedMachines(onStage);
  await ensureLab();
  runInside();
}

async function areUnpacked(machines: readonly Machine[]): Promise<boolean> {
  const boxes = await Promise.all(machines.map(boxIdentity));
  return boxes.every((box) => existsSync(rootTreeOf(box)));
}

/** What the machines run on, and what that costs. */
function describeUse(lab: LabKind, accel: AccelAnswer | undefined): string {
  if (!accel) return 'provider nspawn, lab hermetic: containers on the kernel of this machine.';
  const where = lab === 'system' ? "the system's libvirt" : 'a libvirt and a network of their own';
  return `provider libvirt, lab ${lab}: VMs in ${where}. ${describeAccel(accel)}`;
}

/** Later questions about the lab and its provider, also after the command started again, get the same answer. */
export function settleLab(options: LabOptions): { lab: LabKind | undefined; provider: ProviderName } {
  const provider = chooseProvider(options.provider);
  process.env.RDC_PROVIDER = provider;
  if (provider === 'nspawn' && options.lab === 'system')
    throw new RdcError('USAGE', '--provider nspawn needs a hermetic lab (got: --lab system)', {
      hint: 'sudo ./rdc run --provider nspawn --lab hermetic',
    });
  // the system's libvirt has no part in containers
  const lab = provider === 'nspawn' ? 'hermetic' : options.lab;
  if (lab !== undefined) process.env.RDC_LAB = lab;
  return { lab, provider };
}

/**
 * Replaces this process by the same command line inside the lab: nothing outside has to wait, hold memory or pass
 * signals on. Returns only by throwing, when nsenter cannot be started.
 */
export function runInside(): never {
  const [name = 'nsenter', ...prefix] = enterCommand();
  const file = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (file === undefined) throw new RdcError('LAB', `${name} is not on the PATH`, { hint: './rdc doctor' });
  const argv = [name, ...prefix, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve?.(file, argv, process.env);
  throw new RdcError('LAB', `${file} did not start`, { hint: './rdc doctor' });
}
