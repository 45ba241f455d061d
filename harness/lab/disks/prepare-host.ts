import { RdcError } from '../../messages/errors.ts';
import { runAsRoot, runAsUser } from '../../this-machine/as-root.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import type { Machine } from '../catalog/machines.ts';
import { groupSteps } from '../libvirt/system-access.ts';
import { expectSetUp, setUpSteps } from '../setup/host-setup.ts';
import { find, type Purpose, providerNeed } from '../setup/needs.ts';
import { borrowProvider, vagrantHome } from '../setup/vagrant-provider.ts';
import { boxIdentity, boxStep, canBuild, isBuilt } from './box.ts';
import { ensureCatalogueBox } from './catalogue-box.ts';
import { ensureImageBox } from './cloud-image-box.ts';

type Preparing = {
  readonly purpose: Purpose;
  readonly machines: readonly Machine[];
  readonly onStage: (text: string) => void;
  /** asks the user for an agreement; false where nobody can be asked */
  readonly ask: (question: string) => Promise<boolean>;
};

/**
 * Brings what a purpose needs to this machine, and makes the boxes of the machines; outside of the hermetic lab, because
 * it needs the network. What needs root is one step with one question.
 */
export async function prepareHost({ purpose, machines, onStage, ask }: Preparing): Promise<void> {
  expectArchitecture(machines);
  const boxes = new Map<string, Machine>();
  for (const machine of machines) boxes.set(await boxIdentity(machine), machine);
  const built = await Promise.all([...boxes.values()].map(boxStep));
  const building = built.filter((step) => step !== undefined);
  const packages = setUpSteps(purpose);
  const setUp = packages.length > 0 && purpose === 'lab' ? [...packages, ...groupSteps()] : packages;
  // with packages to install somebody is asked anyway, and only then it is known what a user can do
  const [forRoot, forUser] = setUp.length === 0 && (await canBuild()) ? [[], building] : [[...setUp, ...building], []];
  await runAsRoot(forRoot, { log: 'as-root', onStage });
  await runAsUser(forUser, { log: 'boxes', onStage });
  if (purpose === 'lab' || purpose === 'tests') await ensureProvider(onStage, ask);
  expectSetUp(purpose);
  for (const [path, machine] of boxes) {
    if (machine.box.image !== undefined) await ensureImageBox(machine, onStage);
    else if (machine.box.name !== undefined) await ensureCatalogueBox(machine, onStage);
    else if (machine.box.build && !isBuilt(path))
      throw new RdcError('BOX', `build succeeded but produced no box: ${path}`, { hint: `ls -l ${path}` });
  }
}

/** A box is built for x86-64 only: there is no boot loader for others yet. */
function expectArchitecture(machines: readonly Machine[]): void {
  const wanted = process.env.RDC_ARCH ?? process.arch.replace('x64', 'amd64');
  const machine = machines.find(({ box }) => box.build !== undefined);
  if (machine === undefined || wanted === 'amd64') return;
  throw new RdcError('BOX', `${machine.name} cannot be built for ${wanted}: boxes are built for x86-64 only`, {
    hint: './rdc run ssh://USER@HOST   # or a cloud image for this machine: --image FILE --recipe NAME',
  });
}

/** Vagrant's provider, where no package brought it: the user's own, else installed into the cache when the user agrees. */
async function ensureProvider(onStage: (text: string) => void, ask: Preparing['ask']): Promise<void> {
  borrowProvider();
  const vagrant = find('vagrant');
  if (vagrant === undefined || providerNeed.found()) return;
  const argv = [vagrant, 'plugin', 'install', 'vagrant-libvirt'];
  const command = `VAGRANT_HOME=${vagrantHome()} vagrant plugin install vagrant-libvirt`;
  if (!(await ask(`Vagrant lacks its libvirt provider. Install it into ${vagrantHome()} (${command})? [y/N] `)))
    throw new RdcError('HOST_SETUP', "missing on this machine: Vagrant's libvirt provider", { hint: command });
  onStage("installing Vagrant's libvirt provider");
  const options = {
    log: 'vagrant-plugin',
    code: 'HOST_SETUP',
    what: 'vagrant plugin install vagrant-libvirt',
  } as const;
  await runLogged(argv, { ...options, timeoutMs: 1_800_000, env: { VAGRANT_HOME: vagrantHome() } });
}
