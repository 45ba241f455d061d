import { existsSync, readFileSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { plainLine } from '../../messages/plain-text.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { type Machine, variantScript } from '../catalog/machines.ts';
import { labNameOf, parseLabName } from '../catalog/provider-names.ts';
import { provisionScripts, recipeEnvironment } from '../catalog/recipes.ts';
import { boxIdentity } from '../disks/box.ts';
import { ensureSshKey } from '../disks/ssh-key.ts';
import {
  containerAddress,
  containerState,
  gateway,
  hasContainerSnapshot,
  knownContainers,
  layOut,
  layOutTwin,
  removeContainer,
  revertContainer,
  runningContainers,
  saveContainer,
  startContainer,
  stopContainer,
  sweepContainers,
} from '../nspawn/containers.ts';
import { ensureRootTree } from '../nspawn/root-tree.ts';
import { consoleLogOf } from './console-log.ts';
import { askGuest, type Guest, pinHostKeys, scanHostKeys } from './guest-ssh.ts';
import { expectDaemon, type Plan } from './handle.ts';
import type { Provider } from './provider.ts';
import { provision, type Step, sendEngine } from './provision.ts';

const bootsWithinMs = 60_000;
const containerOf = (name: string) => parseLabName(name).machine;

/** Containers of systemd-nspawn that boot the distribution's init, on the kernel of this machine. */
export const nspawnProvider: Provider = {
  expectPossible,
  chooseAccel: async () => 'none',
  state: (name) => containerState(containerOf(name)),
  hasSnapshot: async (name) => hasContainerSnapshot(containerOf(name)),
  async running() {
    return new Set([...(await runningContainers())].map((machine) => labNameOf(machine, 'nspawn')));
  },
  make,
  async save({ name, identityFile, signal }) {
    const machine = containerOf(name);
    // in order, so that all of it is on the disk
    const guest = { name, host: containerAddress(machine), port: 22, identityFile };
    await askGuest(guest, { user: 'root', script: 'systemctl poweroff' });
    const isOff = async () => (await containerState(machine)) === 'off';
    await pollUntil(isOff, { withinMs: 30_000, everyMs: 100 });
    await stopContainer(machine);
    saveContainer(machine);
    revertContainer(machine);
    startContainer(machine, consoleLogOf(name));
    await expectDaemon(guest, 'PROVISION', signal);
  },
  async revert({ name }) {
    const machine = containerOf(name);
    await stopContainer(machine);
    revertContainer(machine);
    startContainer(machine, consoleLogOf(name));
  },
  twin(name, twin) {
    const host = containerAddress(containerOf(twin));
    layOutTwin(containerOf(name), containerOf(twin), addressFile(host));
    startContainer(containerOf(twin), consoleLogOf(twin));
    return host;
  },
  powerOff: (name) => stopContainer(containerOf(name)),
  destroy: (name) => removeContainer(containerOf(name)),
  async sweep() {
    await sweepContainers();
    // of runs that were killed
    for (const machine of knownContainers()) if (machine.endsWith('.twin')) await removeContainer(machine);
  },
  async leave() {},
  sharesClock: true,
};

function expectPossible(machine: Machine): void {
  const cgroups = '/proc/cgroups';
  const why = whyNoContainer(machine, existsSync(cgroups) ? readFileSync(cgroups, 'utf8') : '');
  if (why === undefined) return;
  throw new RdcError('CONFIG', `${machine.name} cannot be a container: ${why}`, {
    hint: `./rdc run ${machine.name} --provider libvirt`,
  });
}

/** Pure; `cgroups` is /proc/cgroups of this machine. */
export function whyNoContainer({ box, kernelArgs, variant }: Machine, cgroups: string): string | undefined {
  if (kernelArgs !== undefined)
    return `a kernel argument makes it (${kernelArgs}), and a container has the kernel of this machine`;
  if (variant === 'no systemd') return 'it is made for a boot without systemd, which is not tried in containers';
  if (box.build === undefined) return 'its disk is not built here';
  // the number of the hierarchy: 0 is that of v2
  if (variant === 'no cpu delegation' && /^cpu\t[1-9]/m.test(cgroups))
    return 'it delegates all controllers but cpu, and this machine has them on cgroup v1';
  return undefined;
}

async function make(plan: Plan): Promise<{ host: string }> {
  const { name, machine, identityFile, onStage } = plan;
  const container = containerOf(name);
  const tree = await ensureRootTree(await boxIdentity(machine), onStage);
  const { publicKey } = await ensureSshKey();
  const host = containerAddress(container);
  layOut(container, tree, firstFiles(host, publicKey));
  onStage('booting');
  startContainer(container, consoleLogOf(name));
  const guest = { name, host, port: 22, identityFile };
  pinHostKeys(guest, await firstHostKeys(guest, plan));
  if (machine.engine) await sendEngine(guest, machine.engine, plan);
  for (const { stage, ...step } of stepsOf(machine, publicKey)) {
    if (stage !== undefined) onStage(stage);
    await provision(guest, step, plan);
  }
  return { host };
}

const installing: Readonly<Record<Machine['provision']['channel'], string>> = {
  distro: "installing rootless Docker with the distribution's packages",
  upstream: "installing rootless Docker with upstream's packages",
  script: "installing rootless Docker with upstream's script",
  engine: 'installing rootless Docker from the binaries',
};

/** The scripts and their order are those of the Vagrantfile. */
function stepsOf(machine: Machine, publicKey: string): (Step & { readonly stage?: string })[] {
  const { 'base.sh': base = '', ...scripts } = provisionScripts(machine);
  const recipe = Object.entries(scripts).find(([file]) => file.startsWith('rootless'))?.[1] ?? '';
  const { variant } = machine;
  const script = variant === undefined ? '' : variantScript(variant);
  const env = { RDC_PUBLIC_KEY: publicKey, RDC_HOSTNAME: machine.name };
  return [
    { what: 'base', stage: 'making the users', script: base, env },
    ...(variant === undefined ? [] : [{ what: 'variant', stage: 'making the variant', script, args: ['make'] }]),
    {
      what: 'rootless',
      stage: installing[machine.provision.channel],
      script: recipe,
      env: recipeEnvironment(machine),
    },
    ...(variant === undefined ? [] : [{ what: 'variant-proof', script, args: ['prove'] }]),
  ];
}

function addressFile(host: string): Record<string, string> {
  const network = `[Match]\nName=host0\n[Network]\nAddress=${host}/24\nGateway=${gateway}\nIPv6AcceptRA=no\n`;
  return { '/etc/systemd/network/05-rdc.network': network };
}

/**
 * What the first boot needs: an address, a login, and a /proc nobody has mounted over, else the kernel lets no container
 * mount its own. Of the devices only the network's are announced: the others are this machine's, and systemd 247, which
 * announces all, fails at what /sys lacks and leaves the network down. The boot ID is one of systemd-nspawn's own, mounted
 * over /proc, and systemd 262 gives logind a new /proc: logind then takes whoever logs in for a process of another machine.
 */
function firstFiles(host: string, publicKey: string): Record<string, string> {
  return {
    ...addressFile(host),
    '/etc/systemd/system/sysinit.target.d/rdc.conf': '[Unit]\nWants=rdc-proc.service\n',
    '/etc/systemd/system/rdc-proc.service': `[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mkdir -p /run/rdc-proc
ExecStart=/bin/mount -t proc proc /run/rdc-proc
ExecStart=/bin/cp /proc/sys/kernel/random/boot_id /run/rdc-boot-id
`,
    '/etc/systemd/system/systemd-udev-trigger.service.d/rdc.conf':
      '[Service]\nExecStart=\nExecStart=-/bin/udevadm trigger --action=add --subsystem-match=net\n',
    '/etc/systemd/system/systemd-logind.service.d/rdc.conf':
      '[Service]\nBindReadOnlyPaths=-/run/rdc-boot-id:/proc/sys/kernel/random/boot_id\n',
    '/root/.ssh/authorized_keys': `${publicKey}\n`,
  };
}

async function firstHostKeys(guest: Guest, { signal }: Plan): Promise<string[]> {
  const { name } = guest;
  const container = containerOf(name);
  const keys = async () => {
    const found = await scanHostKeys(guest);
    if (found.length > 0) return found;
    if ((await containerState(container)) !== 'running') throw notBooted(name, 'it ended while it booted');
    return undefined;
  };
  const found = await pollUntil(keys, { withinMs: bootsWithinMs, everyMs: 300, signal });
  if (found) return found;
  throw notBooted(name, `no answer of its SSH server at ${guest.host} within ${bootsWithinMs / 1000} s`);
}

function notBooted(name: string, what: string): RdcError {
  const said = readFileSync(consoleLogOf(name), 'utf8').trim().split('\n').at(-1) ?? '';
  const last = plainLine(said, 200) || 'nothing';
  return new RdcError('MACHINE', `${name} does not boot: ${what}; the last on its console: ${last}`, {
    hint: `tail -n 40 ${consoleLogOf(name)}`,
  });
}
