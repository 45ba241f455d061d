import { existsSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gib, sizeText } from '../../messages/quantities.ts';
import { whoCanBeRoot } from '../../this-machine/as-root.ts';
import { cachePath, cacheRoot, checkout } from '../../this-machine/paths.ts';
import { runCommand } from '../../this-machine/run-command.ts';
import { chooseLab } from '../hermetic/hermetic-lab.ts';
import { poolPath } from '../libvirt/own-resources.ts';
import { systemAccess } from '../libvirt/system-access.ts';
import { vagrantEnvironment } from '../libvirt/vagrant-and-virsh.ts';
import { type HostNeed, repairLine } from '../setup/host-setup.ts';
import { find, providerNeed } from '../setup/needs.ts';
import { canBuild } from './box.ts';

/** What a first run of a machine needs at its peak: the copies of its box, its disk, its memory. */
const machineBytes = 5 * gib;

/** What would fail in the middle of a first run although every program is there; `needs` are the programs. Changes nothing. */
export async function tryHost(needs: readonly HostNeed[]): Promise<HostNeed[]> {
  const has = (what: string) => needs.some((need) => need.what === what && need.present);
  const isSystem = chooseLab() === 'system';
  const trials = await Promise.all([
    tryRoot(needs.every(({ present }) => present)),
    trySources(),
    has(providerNeed.what) ? tryProvider() : [],
    isSystem && has('libvirt') ? tryLibvirt() : [],
  ]);
  return [...trials.flat(), ...[cacheRoot(), ...(isSystem ? [poolPath] : [])].map(trySpace)];
}

const answerOf = (what: string, present: boolean, remedy: string): HostNeed => ({
  what,
  present,
  remedy: present ? '' : remedy,
});

/** Root is needed for packages that are missing, and for boxes where this user cannot build them. */
async function tryRoot(isComplete: boolean): Promise<HostNeed> {
  const isFree = isComplete && (await canBuild());
  const root = isFree ? { prefix: [] } : await whoCanBeRoot();
  const what = isComplete
    ? 'root, or namespaces and subordinate IDs, to build boxes'
    : 'root, to install what is missing';
  if (!('why' in root)) return answerOf(what, true, '');
  return answerOf(
    what,
    false,
    root.isInstalled
      ? `sudo -v && ./rdc run   # on a terminal: ${root.why}`
      : `su -   # as root, what else is missing, without sudo: ${root.why}`,
  );
}

async function trySources(): Promise<HostNeed> {
  const etc = process.env.RDC_APT_ETC;
  const argv = ['sh', join(checkout, 'vms', 'boxes', 'apt-sources.sh'), 'trixie', ...(etc ? [etc] : [])];
  const { exitCode } = await runCommand(argv);
  return answerOf("package sources of Debian's archive (boxes)", exitCode === 0, 'unset RDC_APT_ETC');
}

/** A plugin that is listed may not load: one for another Ruby, or without a library that it has only with a machine. */
async function tryProvider(): Promise<HostNeed> {
  const folder = join(checkout, 'harness', 'lab', 'setup');
  const file = { VAGRANT_CWD: folder, VAGRANT_VAGRANTFILE: 'provider-trial.rb' };
  const env = { ...vagrantEnvironment(), ...file, VAGRANT_DOTFILE_PATH: cachePath('provider-trial') };
  const { exitCode } = await runCommand([find('vagrant') ?? 'vagrant', 'validate'], { timeoutMs: 60_000, env });
  rmSync(cachePath('provider-trial'), { recursive: true, force: true });
  return answerOf('Vagrant loads its libvirt provider', exitCode === 0, repairLine());
}

async function tryLibvirt(): Promise<HostNeed> {
  const access = await systemAccess();
  return answerOf('libvirt answers this user', access.answers, access.answers ? '' : access.remedy);
}

function trySpace(path: string): HostNeed {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const what = `${sizeText(machineBytes)} free for a machine in ${path}`;
  return answerOf(what, bavail * bsize >= machineBytes, `./rdc clean; df -h ${folder}`);
}
