import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { runLogged } from '../../this-machine/run-command.ts';
import { parseChannelName } from '../catalog/channels.ts';
import type { Machine } from '../catalog/machines.ts';
import {
  domainAddress,
  domainMac,
  domainState,
  expectOurs,
  hasSnapshot,
  releaseAddress,
  removeDomain,
  reserveAddress,
  revertToSnapshot,
  runningDomains,
  saveSnapshot,
  stopDomain,
} from '../libvirt/domain.ts';
import { systemLibvirt } from '../libvirt/kvm-trial.ts';
import { ensurePool, leaveSystemLibvirt, stopOwnNetwork } from '../libvirt/own-resources.ts';
import { vagrantCommand, vagrantEnvironment } from '../libvirt/vagrant-and-virsh.ts';
import { chooseAccel } from '../setup/acceleration.ts';
import { prepareConsole, reclaimConsole } from './console-log.ts';
import type { Plan } from './handle.ts';
import { forgetImageMachine, writeImageMachine } from './image-machine.ts';
import type { Provider } from './provider.ts';

/** VMs, made by Vagrant. */
export const libvirtProvider: Provider = {
  expectPossible,
  chooseAccel: async () => (await chooseAccel(systemLibvirt())).accel,
  state: domainState,
  hasSnapshot,
  running: runningDomains,
  async make(plan) {
    const { name, machine } = plan;
    if (machine.box.image !== undefined) {
      await forgetImageMachine(name, machine.box.sha256);
      await writeImageMachine(machine);
    }
    await ensurePool();
    prepareConsole(name);
    await vagrantUp(plan);
    const address = await domainAddress(name);
    if (!address) throw new RdcError('MACHINE', `${name} has no address`, { hint: `virsh domifaddr rdc-${name}` });
    await reserveAddress(address);
    return { host: address.ip };
  },
  save: ({ name }) => saveSnapshot(name),
  async revert({ name }, record) {
    prepareConsole(name);
    await revertToSnapshot(name);
    const mac = await domainMac(name);
    if (mac) await reserveAddress({ mac, ip: record.host });
  },
  async powerOff(name) {
    await stopDomain(name);
    reclaimConsole(name);
  },
  destroy,
  sweep: stopOwnNetwork,
  leave: leaveSystemLibvirt,
  sharesClock: false,
};

/** Vagrant makes machines as they are listed. */
function expectPossible({ name, provision }: Machine): void {
  const { machine, channel } = parseChannelName(name);
  if (channel === undefined) return;
  throw new RdcError('CONFIG', `${machine} with --${channel === 'engine' ? 'engine' : 'channel'} is a container only`, {
    hint: `--provider nspawn, or an entry with "channel": "${provision.channel}" in vms/machines.json`,
  });
}

/** MACHINE: it did not boot, which may be bad luck; PROVISION: it did, and rootless Docker does not run in it. */
async function vagrantUp(plan: Plan): Promise<void> {
  const { name } = plan;
  let booted = false;
  let last: string | undefined;
  const stages: [RegExp, string][] = [
    [/Adding box|Uploading base box/, 'copying the box to libvirt'],
    [/Starting domain/, 'booting'],
    [/Running provisioner: base/, 'creating users'],
    [/Running provisioner: kernel-args/, 'rebooting with the kernel arguments'],
    [/Running provisioner: variant \(/, 'setting up the variant'],
    [/Running provisioner: rootless/, "installing rootless Docker with the distribution's packages"],
  ];
  const onLine = (line: string): void => {
    if (line.includes('Running provisioner')) booted = true;
    const stage = stages.find(([pattern]) => pattern.test(line))?.[1];
    if (stage !== undefined && stage !== last) plan.onStage(stage);
    last = stage ?? last;
  };
  const signal = plan.signal ? { signal: plan.signal } : {};
  const options = { log: `vagrant-up-${name}`, what: `vagrant up ${name}`, timeoutMs: 1_500_000, onLine, ...signal };
  const env = { ...vagrantEnvironment(name), RDC_ACCEL: plan.accel };
  try {
    await runLogged(vagrantCommand('up', name, '--provider', 'libvirt'), { ...options, code: 'MACHINE', env });
  } catch (error) {
    if (!booted || !(error instanceof RdcError)) throw error;
    throw new RdcError('PROVISION', error.message.replace(/^\[\w+\] /, ''), { hint: error.hint ?? '', cause: error });
  }
}

async function destroy(name: string): Promise<void> {
  await expectOurs(name);
  const mac = await domainMac(name);
  const vagrantState = join(cachePath('machines', 'machines'), name, 'libvirt');
  // Vagrant removes the network with the machine that made it, although others use it: libvirt's count of connections,
  // which should prevent that, is wrong after a restore.
  rmSync(join(vagrantState, 'created_networks'), { force: true });
  let vagrantSaid: unknown;
  if (existsSync(join(vagrantState, 'id'))) {
    const options = { log: `vagrant-destroy-${name}`, what: `vagrant destroy ${name}`, timeoutMs: 120_000 };
    await runLogged(vagrantCommand('destroy', '-f', name), {
      ...options,
      code: 'MACHINE',
      env: vagrantEnvironment(name),
    }).catch((error: unknown) => {
      vagrantSaid = error;
    });
  }
  // A machine that Vagrant forgot, or cannot remove, would be in the way of the next one of its name.
  if ((await domainState(name)) !== 'absent') {
    await stopDomain(name);
    await removeDomain(name).catch((error: unknown) => {
      throw vagrantSaid ?? error;
    });
  }
  if (mac) await releaseAddress(mac);
  rmSync(cachePath('machines', 'machines', name), { recursive: true, force: true });
}
