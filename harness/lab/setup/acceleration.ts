import { accessSync, constants, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cachePath, cacheRoot } from '../../this-machine/paths.ts';
import { runCommand } from '../../this-machine/run-command.ts';

type Accel = 'kvm' | 'tcg';
/** Containers need none: their code runs as any other on this machine. */
export type MachineAccel = Accel | 'none';
export type AccelAnswer = { readonly accel: Accel; readonly reason: string; readonly host: string };

const kvm = '/dev/kvm';
/** Measured: a stock kernel says its name within 6 s even under TCG; a KVM that works needs less than one. */
const smokeBootMs = 20_000;

/** What to know before waiting, in one sentence. */
export function describeAccel(answer: AccelAnswer): string {
  return answer.accel === 'kvm'
    ? `VMs run with KVM (${answer.reason}).`
    : `VMs run without hardware virtualisation (${answer.reason}): everything inside them is many times slower, a first run of the whole suite takes about half an hour.`;
}

/** Whether the libvirt that runs the machines offers KVM to them; undefined where it was not asked. */
export type OffersKvm = () => Promise<boolean | undefined>;

/**
 * KVM only if libvirt offers it and, where this user can try, a kernel really boots under it; the answer is remembered
 * for this host's kernel and CPU.
 */
export async function chooseAccel(offersKvm: OffersKvm): Promise<AccelAnswer> {
  const host = hostSignature();
  const forced = process.env.RDC_ACCEL;
  if (forced === 'kvm' || forced === 'tcg') return { accel: forced, reason: 'RDC_ACCEL says so', host };
  if (forced) throw new RdcError('CONFIG', `RDC_ACCEL is '${forced}'; allowed: kvm, tcg`, { hint: 'unset RDC_ACCEL' });
  const remembered = rememberedAccel();
  if (remembered) return remembered;
  const answer = { ...(await judgeKvm(await offersKvm())), host };
  writeFileSync(cachePath('accel.json'), JSON.stringify(answer));
  return answer;
}

/** The answer where no kernel has to be booted for it. */
export function knownAccel(): Pick<AccelAnswer, 'accel' | 'reason'> | undefined {
  const forced = process.env.RDC_ACCEL;
  if (forced === 'kvm' || forced === 'tcg') return { accel: forced, reason: 'RDC_ACCEL says so' };
  return rememberedAccel() ?? (existsSync('/dev/kvm') ? undefined : { accel: 'tcg', reason: 'no /dev/kvm' });
}

/** The remembered answer of this host's smoke boot, if there is one. */
export function rememberedAccel(): AccelAnswer | undefined {
  try {
    const answer = JSON.parse(readFileSync(cachePath('accel.json'), 'utf8')) as AccelAnswer;
    return answer.host === hostSignature() && (answer.accel === 'kvm' || answer.accel === 'tcg') ? answer : undefined;
  } catch {
    return undefined;
  }
}

function hostSignature(): string {
  const cpu = /^(?:model name|CPU part)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  // who may not open it today may tomorrow
  return `${release()} ${cpu}${existsSync(kvm) && !canOpenKvm() ? ' (not open to this user)' : ''}`;
}

/** Pure but for the trial: QEMU runs as another user than ours with the system's libvirt, and may open what we may not. */
export async function judgeKvm(
  offered: boolean | undefined,
  { isThere, canOpen, boots }: KvmTrial = { isThere: existsSync(kvm), canOpen: canOpenKvm(), boots: bootsUnderKvm },
): Promise<{ accel: Accel; reason: string }> {
  if (offered === false) return { accel: 'tcg', reason: 'libvirt offers no KVM' };
  if (!isThere) return { accel: 'tcg', reason: `no ${kvm}` };
  if (canOpen)
    return (await boots())
      ? { accel: 'kvm', reason: 'a kernel booted under KVM' }
      : { accel: 'tcg', reason: `${kvm} exists, but a kernel does not boot under it` };
  if (offered) return { accel: 'kvm', reason: `libvirt offers it; ${kvm} is not open to this user, who cannot try` };
  return { accel: 'tcg', reason: `${kvm} is not open to this user: sudo usermod -aG kvm $USER` };
}

type KvmTrial = { readonly isThere: boolean; readonly canOpen: boolean; readonly boots: () => Promise<boolean> };

function canOpenKvm(): boolean {
  try {
    accessSync(kvm, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function bootsUnderKvm(): Promise<boolean> {
  const kernel = findKernel();
  if (!kernel) {
    throw new RdcError('HOST_SETUP', 'no kernel to try KVM with, neither in the cache nor as /boot/vmlinuz*', {
      hint: 'sh vms/boxes/build.sh debian 13',
    });
  }
  return await boots(kernel);
}

function findKernel(): string | undefined {
  const debianArch = arch() === 'x64' ? 'amd64' : arch();
  const built = join(cacheRoot(), 'boxes', `vmlinuz-${debianArch}`);
  if (existsSync(built)) return built;
  const installed = existsSync('/boot') ? readdirSync('/boot').filter((file) => file.startsWith('vmlinuz')) : [];
  return installed.length > 0 ? join('/boot', installed.sort().at(-1) ?? '') : undefined;
}

async function boots(kernel: string): Promise<boolean> {
  const machine = arch() === 'arm64' ? ['qemu-system-aarch64', '-machine', 'virt'] : ['qemu-system-x86_64'];
  const console = arch() === 'arm64' ? 'ttyAMA0' : 'ttyS0';
  const seconds = smokeBootMs / 1000;
  const { stdout } = await runCommand(
    [
      'timeout',
      '-s',
      'KILL',
      String(seconds),
      ...machine,
      '-accel',
      'kvm',
      '-cpu',
      'host',
      '-m',
      '256',
      '-nographic',
    ].concat([
      '-no-reboot',
      '-nodefaults',
      '-serial',
      'stdio',
      '-kernel',
      kernel,
      '-append',
      `console=${console} panic=-1`,
    ]),
    { timeoutMs: smokeBootMs + 5000 },
  );
  return stdout.includes('Linux version');
}
